// Who asks: a caller of the demo, or whose token was pasted. It is forgotten with the window.

import { demoCallers } from "../callers.js";
import { at } from "../element.js";

const KEY = "chat.token";
const OWN = "own";
const BEARER = /^bearer +/i;

export class Account {
  constructor(onChange) {
    this._onChange = onChange;
    this.token = "";
  }

  /** Know the callers of the demo, and be the first of them, or whose token was pasted before. */
  async load() {
    const callers = await demoCallers();
    this._tokens = Object.fromEntries(Object.entries(callers).flatMap(([name, headers]) => {
      const [, value] = Object.entries(headers).find(([field]) => field.toLowerCase() === "authorization") ?? [];
      return value ? [[name, value.replace(BEARER, "")]] : [];
    }));
    const names = Object.keys(this._tokens);
    at("account").replaceChildren(...names.map((name) => new Option(`as ${name}`, name)), new Option("Own token …", OWN));
    const own = stored();
    at("account").value = own || !names.length ? OWN : names[0];
    this.token = own || this._tokens[names[0]] || "";
    at("account").onchange = () => this._choose();
    at("sign-in").onsubmit = () => this._paste();
    at("cancel-token").onclick = () => at("token-dialog").close();
    at("token-dialog").onclose = () => { at("account").value = this._name(); };
  }

  /** Have a token pasted. */
  ask(problem = "") {
    at("token-problem").textContent = problem;
    if (!at("token-dialog").open) at("token-dialog").showModal();
    at("token").focus();
  }

  _choose() {
    const { value } = at("account");
    if (value === OWN) this.ask();
    else this._use(this._tokens[value], "");
  }

  _paste() {
    const token = at("token").value.trim().replace(BEARER, "");
    at("token").value = "";
    if (token) this._use(token, token);
  }

  _use(token, own) {
    this.token = token;
    store(own);
    at("account").value = this._name();
    this._onChange();
  }

  _name() {
    return Object.entries(this._tokens).find(([, token]) => token === this.token)?.[0] ?? OWN;
  }
}

function stored() {
  try {
    return sessionStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
}

function store(token) {
  try {
    sessionStorage.setItem(KEY, token);
  } catch {
    // A forbidden storage: the token is asked for again after a reload.
  }
}
