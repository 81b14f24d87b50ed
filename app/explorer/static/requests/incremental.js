// A response in parts, put together: what `@defer` and `@stream` send, in the form `v0.2`.
// https://github.com/graphql/graphql-over-http/blob/main/rfcs/IncrementalDelivery.md

/** The response so far; each part is added to it, and what is in it at any time can be shown. */
export class IncrementalResponse {
  constructor() {
    this.body = {};
    this.parts = 0;
    this._pending = new Map();
  }

  add({ data, errors, extensions, pending, incremental, completed }) {
    this.parts += 1;
    if (data !== undefined) this.body.data = data;
    this._errors(errors);
    if (extensions) this.body.extensions = { ...this.body.extensions, ...extensions };
    (pending ?? []).forEach((one) => this._pending.set(one.id, one));
    (incremental ?? []).forEach((one) => this._insert(one));
    for (const { id, errors: failed } of completed ?? []) {
      this._errors(failed);
      this._pending.delete(id);
    }
  }

  _errors(errors) {
    if (errors?.length) this.body.errors = [...(this.body.errors ?? []), ...errors];
  }

  _insert({ id, subPath, data, items, errors }) {
    this._errors(errors);
    const path = [...(this._pending.get(id)?.path ?? []), ...(subPath ?? [])];
    const place = path.reduce((value, key) => value?.[key], this.body.data);
    if (items) place?.push(...items);
    else if (data) merge(place, data);
  }
}

function merge(into, data) {
  for (const [key, value] of Object.entries(data)) {
    const isObject = value !== null && typeof value === "object" && !Array.isArray(value);
    if (isObject && into?.[key]) merge(into[key], value);
    else if (into) into[key] = value;
  }
}
