// Run before an example is built: `npm ci` has put a copy of our package there, built or not.

import { existsSync } from "node:fs";

if (!existsSync("node_modules/guidance-client/dist/index.js")) {
  console.error("Build the client, in the folder examples: (cd ../clients-js && npm ci && npm run build)");
  console.error("Then install it here once more: npm ci");
  process.exit(1);
}
