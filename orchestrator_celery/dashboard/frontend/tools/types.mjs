// Writes src/api/schema.d.ts from the published OpenAPI document; with --check, refuses a file that is not up to date.
import { readFileSync, writeFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";

const source = new URL("../../../../docs/dashboard/openapi.json", import.meta.url);
const target = new URL("../src/api/schema.d.ts", import.meta.url);
const text = `// Generated from docs/dashboard/openapi.json by \`npm run types\`: do not edit.\n${astToString(await openapiTS(source))}`;
if (!process.argv.includes("--check")) writeFileSync(target, text);
else if (readFileSync(target, "utf8") !== text) {
  console.error("src/api/schema.d.ts differs from docs/dashboard/openapi.json: run `npm run types` and commit it.");
  process.exit(1);
}
