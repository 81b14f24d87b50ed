// The audit suite of the npm package graphql-http against the server at ADDRESS: what it says that
// a server MUST, SHOULD and MAY do, all of it.

import assert from "node:assert/strict";
import test from "node:test";

import { serverAudits } from "graphql-http";

const audits = serverAudits({ url: `${process.env.ADDRESS}/graphql` });

test("the suite has not shrunk", () => assert.ok(audits.length >= 60, `${audits.length} audits`));

for (const audit of audits) {
  test(`${audit.id} ${audit.name}`, async () => {
    const result = await audit.fn();
    assert.equal(result.status, "ok", result.reason);
  });
}
