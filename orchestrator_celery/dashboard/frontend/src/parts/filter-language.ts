/** The text form of filters: words, split and joined as the server's own parser does, which has the last word. */

export interface Word {
  field: string;
  values: string[];
  minus: boolean;
}

export interface FieldInfo {
  name: string;
  hint: string;
  values?: readonly string[];
}

export const RUN_FIELDS: readonly FieldInfo[] = [
  { name: "status", hint: "the status of the run", values: ["PENDING", "RUNNING", "SUSPENDED", "INTERRUPTED", "SUCCEEDED", "FAILED"] },
  { name: "task", hint: "the name of a task in the run, such as shop.*" },
  { name: "category", hint: "the category" },
  { name: "tag", hint: "one of the tags" },
  { name: "name", hint: 'the name, such as "order*"' },
  { name: "worker", hint: "a worker that runs a task of the run now" },
  { name: "since", hint: "started within, or after a day", values: ["15m", "1h", "24h", "7d"] },
  { name: "until", hint: "started before an age or a day", values: ["1h", "24h", "7d"] },
  { name: "duration", hint: "how long it has run", values: [">1m", ">5m", ">1h", "<10s"] },
];

const VALUE = String.raw`"(?:[^"\\]|\\.)*"|[^\s",]+`;
const WORD = new RegExp(String.raw`\s*(-)?(?:([A-Za-z_]+):)?((?:${VALUE})(?:,(?:${VALUE}))*)(?=\s|$)`, "gsy");
const PART = new RegExp(VALUE, "gs");

/** Splits a filter into words; what is not understood stays as it is, as a word of its own, for the server to refuse. */
export function parseFilter(text: string): Word[] {
  const words: Word[] = [];
  WORD.lastIndex = 0;
  let end = 0;
  for (let match = WORD.exec(text); match; match = WORD.exec(text)) {
    const values = [...(match[3] ?? "").matchAll(PART)].map(([value]) => unquote(value));
    words.push({ field: match[2] ?? "", values, minus: match[1] === "-" });
    end = WORD.lastIndex;
  }
  const rest = text.slice(end).trim();
  if (rest) words.push({ field: "", values: [rest], minus: false });
  return words;
}

function unquote(value: string): string {
  return value.startsWith('"') && value.endsWith('"') && value.length > 1 ? value.slice(1, -1).replace(/\\(.)/gs, "$1") : value;
}

function quote(value: string): string {
  return /^[^\s",\\:-][^\s",\\:]*$/.test(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`;
}

export function wordText({ field, values, minus }: Word): string {
  return `${minus ? "-" : ""}${field ? `${field}:` : ""}${values.map((value) => (field ? quoteAfterColon(value) : quote(value))).join(",")}`;
}

function quoteAfterColon(value: string): string {
  return value !== "" && !/[\s",\\]/.test(value) ? value : quote(value);
}

export function filterText(words: Word[]): string {
  return words.map(wordText).join(" ");
}

/** Sets, replaces or (with no values) removes a field of a filter. */
export function withField(text: string, field: string, values: string[]): string {
  const words = parseFilter(text).filter((word) => word.field !== field || word.minus);
  if (values.length) words.unshift({ field, values, minus: false });
  return filterText(words);
}

export interface Suggestion {
  insert: string;
  label: string;
  hint: string;
  /** Whether the word is whole, so that it becomes a chip. */
  whole: boolean;
}

/** What may follow the text that is being typed. `known` gives values of fields that only the server knows. */
export function suggest(draft: string, fields: readonly FieldInfo[], known: (field: string) => readonly string[]): Suggestion[] {
  const match = /^(-?)(?:([A-Za-z_]+):)?(.*)$/s.exec(draft);
  if (!match) return [];
  const minus = match[1] ?? "";
  const field = match[2];
  const typed = (match[3] ?? "").toLowerCase();
  if (field === undefined) {
    const found = fields.filter(({ name }) => name.startsWith(typed));
    return found.map(({ name, hint }) => ({ insert: `${minus}${name}:`, label: `${minus}${name}:`, hint, whole: false }));
  }
  const info = fields.find(({ name }) => name === field);
  if (!info) return [];
  const parts = typed.split(",");
  const lastPart = (parts.at(-1) ?? "").replace(/^"/, "");
  const before = (match[3] ?? "").slice(0, typed.length - (parts.at(-1) ?? "").length);
  const values = [...(info.values ?? []), ...known(field)];
  return [...new Set(values)]
    .filter((value) => value.toLowerCase().includes(lastPart) && !before.split(",").includes(value))
    .slice(0, 12)
    .map((value) => ({ insert: `${minus}${field}:${before}${quoteAfterColon(value)}`, label: value, hint: "", whole: true }));
}
