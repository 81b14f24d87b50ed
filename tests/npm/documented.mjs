// The code of the documentation, as it is written there.

import { mkdir, readFile, writeFile } from "node:fs/promises";

const FOLDER = new URL("node_modules/.documented/", import.meta.url);

/** The module of a block of a page, beside the packages that it imports. */
export async function documented(name, page = "libraries") {
  const text = await readFile(new URL(`../../docs/clients/${page}.md`, import.meta.url), "utf8");
  const [, code] = text.match(new RegExp(`\`\`\`js ${name}\n(.*?)\`\`\``, "s"));
  await mkdir(FOLDER, { recursive: true });
  const file = new URL(`${name}.${process.pid}.mjs`, FOLDER);
  await writeFile(file, code);
  return import(file);
}
