/** What may stand at the caret of a condition: roots, keys of the sample, names of nodes, operators and values. */
import { COMPARISONS, type Expression } from "./expression";
import { parse } from "./grammar";
import { keysOf, literalOf, preview, sampleOf, typeWord, type Scope } from "./sample";
import { Refusal, Scanner, type Token } from "./tokens";
import { asText, keyText, literalText } from "./writer";

export interface Option {
  label: string;
  hint: string;
  insert: string;
  /** How far the caret stands before the end of what is inserted. */
  back?: number;
}

export interface Completion {
  /** The part of the text that an option replaces. */
  from: number;
  to: number;
  /** Whether the options complete a word that was begun. */
  begun: boolean;
  options: Option[];
}

const MOST = 40;
const OPERATORS: readonly [string, string][] = [
  ["==", "equals"],
  ["!=", "differs from"],
  [">=", "at least"],
  [">", "more than"],
  ["<=", "at most"],
  ["<", "less than"],
  ["in", "one of a list"],
  ["not in", "none of a list"],
  ["matches", "has a regular expression"],
  ["and", "both conditions"],
  ["or", "one of the conditions"],
];
const WORDS: readonly Option[] = [
  { label: "exists(…)", hint: "whether a value is there", insert: "exists()", back: 1 },
  { label: "length(…)", hint: "of a text, list or mapping", insert: "length()", back: 1 },
  { label: "type(…)", hint: "str, int, float, bool, list, dict, null", insert: "type()", back: 1 },
  { label: "date(…)", hint: "a text or number as a date", insert: "date()", back: 1 },
  { label: "datetime(…)", hint: "a date, such as 2030-01-01T00:00:00Z", insert: 'datetime("")', back: 2 },
  { label: "not", hint: "the opposite", insert: "not " },
  { label: "true", hint: "", insert: "true" },
  { label: "false", hint: "", insert: "false" },
  { label: "null", hint: "no value", insert: "null" },
];

/** The options at a place of a text. */
export function complete(text: string, caret: number, scope: Scope): Completion {
  const before = text.slice(0, caret);
  const { tokens, open, broken } = tokensOf(before);
  if (broken) return { from: caret, to: caret, begun: false, options: [] };
  if (open !== null) return inText(text, caret, open, tokens, scope);
  const last = tokens.at(-1);
  const word = last?.kind === "name" && last.position + last.source.length === caret ? last : null;
  const from = word?.position ?? caret;
  const earlier = word ? tokens.slice(0, -1) : tokens;
  const typed = word?.source ?? "";
  const previous = earlier.at(-1)?.source ?? "";
  // The rest of a word is replaced with it.
  const to = word || previous === "." ? caret + (/^[A-Za-z0-9_]*/.exec(text.slice(caret))?.[0].length ?? 0) : caret;
  if (previous === ".") {
    const dot = earlier.at(-1)?.position ?? from;
    const options = afterPath(before, earlier.slice(0, -1), scope, (key) => keyText(key));
    return { from: dot, to, begun: typed !== "", options: matching(options, typed) };
  }
  if (previous === "[" && endsPath(earlier.at(-2))) {
    const options = afterPath(before, earlier.slice(0, -1), scope, (key) => `${literalText(key)}]`);
    return { from, to: text[to] === "]" ? to + 1 : to, begun: false, options };
  }
  if (wantsValue(earlier.at(-1))) return { from, to, begun: typed !== "", options: matching(values(before, earlier, scope), typed) };
  // Right after a value, nothing of an operator is typed yet.
  const options = typed !== "" || /\s$/.test(before) ? operators(before, earlier, scope) : [];
  return { from, to, begun: typed !== "", options: matching(options, typed) };
}

/** The tokens of a text that may end within one. */
function tokensOf(text: string): { tokens: Token[]; open: number | null; broken: boolean } {
  const tokens: Token[] = [];
  try {
    const scanner = new Scanner(text);
    while (scanner.current.kind !== "end") {
      // Kept before the next one is read, which may be wrong.
      tokens.push(scanner.current);
      scanner.advance();
    }
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    const { position, length } = refusal.problem;
    const isOpen = text[position] === '"' && position + length === text.length;
    return { tokens, open: isOpen ? position : null, broken: !isOpen };
  }
  return { tokens, open: null, broken: false };
}

function inText(text: string, caret: number, open: number, tokens: Token[], scope: Scope): Completion {
  const typed = text.slice(open + 1, caret);
  const previous = tokens.at(-1)?.source;
  const closed = (options: Option[], closing: string): Completion => {
    const rest = text.slice(caret);
    const to = caret + (rest.startsWith(`"${closing}`) ? 1 + closing.length : rest.startsWith('"') ? 1 : 0);
    return { from: open, to, begun: typed !== "", options: matching(options, typed) };
  };
  if (previous === "(" && tokens.at(-2)?.source === "node")
    return closed(scope.names.map((name) => ({ label: name, hint: "node", insert: `${literalText(name)})` })), ")");
  if (previous === "[" && endsPath(tokens.at(-2)))
    return closed(
      afterPath(text, tokens.slice(0, -1), scope, (key) => `${literalText(key)}]`),
      "]",
    );
  const value = comparedValue(text, tokens, scope);
  return closed(typeof value === "string" ? [{ label: value, hint: "in the sample", insert: literalText(value) }] : [], "");
}

/** What may follow a path; `write` gives the text of a key. */
function afterPath(text: string, tokens: Token[], scope: Scope, write: (key: string | number) => string): Option[] {
  if (tokens.at(-1)?.source === "nodes" && tokens.at(-2)?.source !== ".")
    return scope.names.map((name) => ({ label: name, hint: hintOf(sampleOf(["node", name], scope.sample)), insert: write(name) }));
  const path = pathBefore(text, tokens);
  const found = path === null ? null : sampleOf(path.expression, scope.sample);
  return keysOf(found?.value).map(({ key, value }) => ({
    label: typeof key === "number" ? `[${key}]` : key,
    hint: key === -1 ? "the last" : hintOf({ value }),
    insert: write(key),
  }));
}

function values(text: string, tokens: Token[], scope: Scope): Option[] {
  const same = literalOf(comparedValue(text, tokens, scope));
  const sampled = same === undefined ? [] : [{ label: literalText(same), hint: "in the sample", insert: literalText(same) }];
  const roots = ["result", "run_input", "error", "visits"].flatMap((root) => [pathOption([root], scope), ...(root === "result" || root === "run_input" ? keysUnder([root], scope) : [])]);
  const nodes = scope.names.map((name) => pathOption(["node", name], scope));
  return [...sampled, ...roots, ...nodes, ...WORDS];
}

function keysUnder(root: Expression, scope: Scope): Option[] {
  return keysOf(sampleOf(root, scope.sample)?.value).map(({ key }) => pathOption(["item", root, key], scope));
}

function pathOption(path: Expression, scope: Scope): Option {
  const text = asText(path);
  return { label: text, hint: hintOf(sampleOf(path, scope.sample)) || (ABOUT[text] ?? "result of the node"), insert: text };
}

const ABOUT: Record<string, string> = {
  result: "the result of the node before",
  run_input: "the input of the graph",
  error: "type, message, traceback",
  visits: "how often the node was visited",
};

function operators(text: string, tokens: Token[], scope: Scope): Option[] {
  const path = pathBefore(text, tokens);
  const compared = path !== null && COMPARES.has(tokens[path.start - 1]?.source ?? "");
  const type = path && sampleOf(path.expression, scope.sample);
  const fits = compared ? ["and", "or"] : suited(type ? typeWord(type.value) : "");
  return OPERATORS.filter(([sign]) => fits.includes(sign)).map(([sign, hint]) => ({ label: sign, hint, insert: sign === "in" || sign === "not in" ? `${sign} []` : `${sign} `, back: sign.endsWith("in") ? 1 : 0 }));
}

const COMPARES = new Set(COMPARISONS.values());
const JOINS = new Set(["and", "or", "not", "(", ","]);

function suited(type: string): string[] {
  const all = OPERATORS.map(([sign]) => sign);
  if (type === "int" || type === "float") return all.filter((sign) => sign !== "matches");
  if (type === "bool") return ["==", "!=", "and", "or"];
  return type === "list" || type === "dict" ? ["==", "!=", "and", "or"] : all;
}

/** The sample value of the path that is compared with what stands at the end of the tokens. */
function comparedValue(text: string, tokens: Token[], scope: Scope): unknown {
  let end = tokens.length - 1;
  while (tokens[end]?.source === "[" || tokens[end]?.source === "," || tokens[end]?.kind === "text") end -= 1;
  if (!COMPARES.has(tokens[end]?.source ?? "")) return undefined;
  const path = pathBefore(text, tokens.slice(0, tokens[end - 1]?.source === "not" ? end - 1 : end));
  return path ? sampleOf(path.expression, scope.sample)?.value : undefined;
}

/** The path that ends with the last token. */
function pathBefore(text: string, tokens: Token[]): { expression: Expression; start: number } | null {
  let at = tokens.length - 1;
  for (;;) {
    const source = tokens[at]?.source;
    if (source === "]" && tokens[at - 2]?.source === "[") at -= 3;
    else if (source === ")") {
      at = opening(tokens, at);
      if (tokens[at - 1]?.kind === "name" && !JOINS.has(tokens[at - 1]?.source ?? "") && !COMPARES.has(tokens[at - 1]?.source ?? "")) at -= 1;
      break;
    } else if (tokens[at]?.kind === "name" && tokens[at - 1]?.source === ".") at -= 2;
    else break;
  }
  const first = tokens[at];
  const last = tokens.at(-1);
  if (!first || !last) return null;
  const { expression } = parse(text.slice(first.position, last.position + last.source.length));
  return expression === undefined ? null : { expression, start: at };
}

function opening(tokens: Token[], closing: number): number {
  let depth = 0;
  for (let at = closing; at >= 0; at -= 1) {
    if (tokens[at]?.source === ")") depth += 1;
    if (tokens[at]?.source === "(") depth -= 1;
    if (depth === 0) return at;
  }
  return 0;
}

function endsPath(token: Token | undefined): boolean {
  return token !== undefined && (token.source === "]" || token.source === ")" || !wantsValue(token)) && token.kind !== "text" && token.kind !== "number";
}

/** Whether a value follows this token, not an operator. */
function wantsValue(token: Token | undefined): boolean {
  if (!token) return true;
  if (token.kind === "sign") return token.source !== ")" && token.source !== "]" && token.source !== "}";
  return token.kind === "name" && ["and", "or", "not", "in", "matches"].includes(token.source);
}

function hintOf(found: { value: unknown } | null): string {
  return found ? `${typeWord(found.value)}  ${preview(found.value)}` : "";
}

/** Options that begin with what was typed come first, then those that have it at the start of a key. */
function matching(options: Option[], typed: string): Option[] {
  const wanted = typed.toLowerCase();
  const rank = ({ label }: Option): number => {
    const lower = label.toLowerCase();
    return lower.startsWith(wanted) ? 0 : lower.split(/[^a-z0-9_]+/).some((part) => part.startsWith(wanted)) ? 1 : 2;
  };
  return options
    .map((option) => ({ option, rank: rank(option) }))
    .filter((each) => each.rank < 2)
    .sort((one, other) => one.rank - other.rank)
    .slice(0, MOST)
    .map(({ option }) => option);
}
