// Refuses a build whose first load is over the budget: the page, its styles, its font and the scripts that it loads at once.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const BUDGET = 300_000;
const folder = new URL("../../static/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", folder), "utf8"));
const files = new Set(["index.html", "theme.js"]);
const visit = (key) => {
  const chunk = manifest[key];
  if (!chunk || files.has(chunk.file)) return;
  files.add(chunk.file);
  for (const each of [...(chunk.css ?? []), ...(chunk.assets ?? [])]) files.add(each);
  for (const each of chunk.imports ?? []) visit(each);
};
visit("index.html");
// What every viewer sees first: the shell and the overview.
visit("src/pages/overview/overview-page.tsx");

let total = 0;
for (const file of files) {
  const content = readFileSync(new URL(file, folder));
  total += file.endsWith(".woff2") ? content.length : gzipSync(content, { level: 9 }).length;
}
console.log(`first load: ${(total / 1000).toFixed(0)} kB compressed in ${files.size} files, budget ${BUDGET / 1000} kB`);
if (total > BUDGET) {
  console.error([...files].join("\n"));
  process.exit(1);
}
