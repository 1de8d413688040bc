/** Splits the text of a condition into tokens, as `tokens.py` does. Offsets count the units of JavaScript's strings. */
import { lengthOf } from "./expression";

export const LONGEST_TEXT = 100_000;

export interface SyntaxProblem {
  message: string;
  position: number;
  length: number;
}

/** The error of a text; only `parse` sees it. */
export class Refusal extends Error {
  constructor(readonly problem: SyntaxProblem) {
    super(problem.message);
  }
}

export interface Token {
  kind: "name" | "text" | "number" | "sign" | "end";
  source: string;
  position: number;
  /** The value of a text or a number. */
  value: string | number | null;
}

const TOKEN = 20;
const DIGITS = 20;
const LEAST = -(2n ** 63n);
const MOST = 2n ** 64n - 1n;

const BLANK = /[ \t\r\n]*/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER_LIKE = /-?[0-9](?:[eE][+-]|[0-9A-Za-z_.])*/y;
const NUMBER = /^-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/;
// JSON allows no control characters in a text.
const UNESCAPED = /[^"\\\x00-\x1f]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const SIGN = /===|!==|==|!=|<=|>=|<>|&&|\|\||[<>()[\]{},:.=!&|~]/y;
/** Operators of other languages, with the operators of conditions. */
const MEANT = new Map([
  ["=", "=="],
  ["===", "=="],
  ["!==", "!="],
  ["<>", "!="],
  ["&&", "and"],
  ["&", "and"],
  ["||", "or"],
  ["|", "or"],
  ["!", "not"],
  ["~", "not"],
]);

function match(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}

/** Reads one token ahead, so that the first error of a text is reported. */
export class Scanner {
  current: Token;

  constructor(readonly text: string) {
    if (text.length > LONGEST_TEXT && lengthOf(text) > LONGEST_TEXT) {
      const start = [...text.slice(0, 2 * LONGEST_TEXT)].slice(0, LONGEST_TEXT).join("").length;
      this.refuseAt(start, text.length, `A condition has at most ${LONGEST_TEXT.toLocaleString("en")} characters.`);
    }
    this.current = this.scan(0);
  }

  advance(): Token {
    const token = this.current;
    this.current = this.scan(token.position + token.source.length);
    return token;
  }

  refuse(token: Token, reason: string): never {
    return this.refuseAt(token.position, token.position + token.source.length, reason);
  }

  refuseAll(reason: string): never {
    return this.refuseAt(0, this.text.length, reason);
  }

  private refuseAt(start: number, end: number, message: string): never {
    throw new Refusal({ message, position: start, length: end - start });
  }

  private scan(start: number): Token {
    const at = start + (match(BLANK, this.text, start) ?? "").length;
    if (at === this.text.length) return { kind: "end", source: "", position: at, value: null };
    if (this.text[at] === '"') return this.quoted(at);
    const number = match(NUMBER_LIKE, this.text, at);
    if (number !== null) return this.number(number, at);
    const name = match(NAME, this.text, at);
    if (name !== null) return { kind: "name", source: name, position: at, value: null };
    const sign = match(SIGN, this.text, at);
    if (sign === null) {
      const character = String.fromCodePoint(this.text.codePointAt(at) ?? 0);
      return this.refuseAt(at, at + character.length, unknown(character));
    }
    const meant = MEANT.get(sign);
    if (meant) this.refuseAt(at, at + sign.length, `\`${sign}\` is not an operator: did you mean \`${meant}\`?`);
    return { kind: "sign", source: sign, position: at, value: null };
  }

  private quoted(start: number): Token {
    let at = start + 1;
    for (;;) {
      at += (match(UNESCAPED, this.text, at) ?? "").length;
      if (["", "\\"].includes(this.text.slice(at, at + 2))) this.refuseAt(start, this.text.length, 'The text has no closing `"`.');
      if (this.text[at] === '"') {
        const source = this.text.slice(start, at + 1);
        return { kind: "text", source, position: start, value: JSON.parse(source) as string };
      }
      if (this.text[at] !== "\\")
        this.refuseAt(at, at + 1, "Write a line break as `\\n`, and other control characters as `\\u0001`.");
      const escape = match(ESCAPE, this.text, at);
      if (escape === null) {
        const second = String.fromCodePoint(this.text.codePointAt(at + 1) ?? 0);
        return this.refuseAt(at, at + 1 + second.length, "This is not an escape of JSON: write `\\\\` for a backslash.");
      }
      at += escape.length;
    }
  }

  private number(source: string, at: number): Token {
    const end = at + source.length;
    const found = NUMBER.exec(source);
    if (!found) return this.refuseAt(at, end, `\`${cut(source)}\` is not a number: write it as in JSON, such as 0.5 or 1e3.`);
    const value = Number(source);
    if (found[1] !== undefined || found[2] !== undefined) {
      if (!Number.isFinite(value)) this.refuseAt(at, end, "The number is too large.");
    } else {
      const digits = source.replace(/^-/, "").length;
      if (digits > DIGITS || BigInt(source) < LEAST || BigInt(source) > MOST) this.refuseAt(at, end, "The whole number has more than 64 bits.");
      // JavaScript would change the last digits without a word.
      if (!Number.isSafeInteger(value)) this.refuseAt(at, end, "The whole number has more than 53 bits: write it in Python, because a browser changes it.");
    }
    // A whole number has no negative zero.
    return { kind: "number", source, position: at, value: found[1] === undefined && found[2] === undefined ? value + 0 : value };
  }
}

/** A token for an error. */
export function shown(token: Token): string {
  return token.kind === "end" ? "the end" : `\`${cut(token.source)}\``;
}

export function isWhole(token: Token): boolean {
  return token.kind === "number" && !/[.eE]/.test(token.source);
}

function cut(source: string): string {
  const characters = [...source.slice(0, 2 * TOKEN + 2)];
  return characters.length <= TOKEN ? source : `${characters.slice(0, TOKEN).join("")}...`;
}

function unknown(character: string): string {
  if ("'`\u2018\u2019\u201c\u201d".includes(character)) return 'Write text in double quotes, as in "DE".';
  if ("+-*/%".includes(character)) return `Conditions do not calculate, so \`${character}\` is not an operator: let a task return the value.`;
  if (character >= "!" && character <= "~") return `\`${character}\` is not an operator.`;
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return `The character U+${code} is allowed only between double quotes, as in result["a b"].`;
}
