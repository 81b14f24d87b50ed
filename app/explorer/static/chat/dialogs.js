// Questions in a dialog of the page: a text, or yes or no.

import { at } from "../element.js";

export class Dialogs {
  /** The text that is given, or null. */
  asked(label, text) {
    return this._open(label, text, "Save");
  }

  /** Whether it is confirmed. */
  async confirmed(question) {
    return (await this._open(question, null, "Delete")) !== null;
  }

  _open(question, text, label) {
    const [dialog, field] = [at("question"), at("answer")];
    at("asks").textContent = question;
    field.hidden = text === null;
    field.value = text ?? "";
    at("answer-yes").textContent = label;
    dialog.returnValue = "";
    at("answer-no").onclick = () => dialog.close();
    return new Promise((resolve) => {
      dialog.onclose = () => resolve(dialog.returnValue === "yes" ? field.value : null);
      dialog.showModal();
      (text === null ? at("answer-no") : field).focus();
    });
  }
}
