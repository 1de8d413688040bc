/**
 * Reads and writes conditions as text: `result.score >= 0.8 and not result.country in ["XX"]`.
 *
 * docs/reference/conditions.md has the grammar. Python has the same in `canvas/conditions/grammar.py`; tests compare both.
 * Only Python checks what stands in a regular expression.
 */
import { COMPARISONS, DEEPEST, FUNCTIONS, isMoment, isTooLarge, LARGEST, MOST_PATTERNS, ROOTS, type Expression, type Json } from "./expression";
import { closest, forOperand, forOperator } from "./suggestions";
import { isWhole, Refusal, Scanner, shown, type SyntaxProblem, type Token } from "./tokens";

export { asText } from "./writer";
export type { Expression } from "./expression";
export type { SyntaxProblem } from "./tokens";
export type Parsed = { expression: Expression; error?: undefined } | { error: SyntaxProblem; expression?: undefined };

const SIGNS = new Map([...COMPARISONS].map(([name, sign]) => [sign, name]));
const LITERALS = new Map<string, Json>([
  ["true", true],
  ["false", false],
  ["null", null],
]);
const NAMES = [...LITERALS.keys(), ...ROOTS, ...FUNCTIONS, "nodes", "value", "datetime"];
const NESTED = 60;
const CHAINED = "Comparisons cannot be chained: join two comparisons with `and`.";
const TOO_LARGE = `The condition is too large: at most ${DEEPEST} levels, ${MOST_PATTERNS} patterns and a size of ${LARGEST.toLocaleString("en")} are allowed.`;
const PLAIN = "A list or a mapping holds only texts, numbers, true, false, null, lists and mappings";

/** The JSON form of a text, or where it is wrong and what was expected. */
export function parse(text: string): Parsed {
  try {
    const parser = new Parser(text);
    const expression = parser.whole();
    if (isTooLarge(expression)) parser.refuseAll(TOO_LARGE);
    return { expression };
  } catch (refusal) {
    if (refusal instanceof Refusal) return { error: refusal.problem };
    throw refusal;
  }
}

/** What plain values need. */
class LiteralReader extends Scanner {
  private depth = 0;

  protected literal = (): Json => {
    const token = this.current;
    if (token.kind === "text" || token.kind === "number") return this.advance().value;
    if (token.source === "[") return this.bracketed(() => this.elements(), "]");
    if (token.source === "{") return this.bracketed(() => this.members(), "}");
    if (token.kind === "name" && LITERALS.has(token.source)) return LITERALS.get(this.advance().source) ?? null;
    const meant = token.kind === "name" ? closest(token.source, [...LITERALS.keys()]) : null;
    return this.refuse(token, `${PLAIN}, found ${shown(token)}${meant ? `: did you mean \`${meant}\`?` : "."}`);
  };

  private elements(): Json[] {
    if (this.current.source === "]") return [];
    const elements = [this.literal()];
    while (this.take("sign", ",")) elements.push(this.literal());
    return elements;
  }

  private members(): Json {
    const members: { [key: string]: Json } = {};
    if (this.current.source === "}") return members;
    do {
      const key = this.expectText("a key in double quotes");
      const name = String(key.value);
      if (Object.hasOwn(members, name)) this.refuse(key, "The mapping has this key twice.");
      this.expect(":");
      // An assignment to `__proto__` would be lost.
      Object.defineProperty(members, name, { value: this.literal(), enumerable: true, configurable: true, writable: true });
    } while (this.take("sign", ","));
    return members;
  }

  protected bracketed<Read>(read: () => Read, closing = ")"): Read {
    this.depth += 1;
    if (this.depth > NESTED) this.refuse(this.current, `More than ${NESTED} brackets are nested.`);
    this.advance();
    const found = read();
    this.expect(closing);
    this.depth -= 1;
    return found;
  }

  protected expectText(expected: string): Token {
    if (this.current.kind !== "text") this.refuse(this.current, `Expected ${expected}, found ${shown(this.current)}.`);
    return this.advance();
  }

  protected take(kind: Token["kind"], source: string): boolean {
    const found = this.current.kind === kind && this.current.source === source;
    if (found) this.advance();
    return found;
  }

  protected expect(sign: string): void {
    if (!this.take("sign", sign)) this.refuse(this.current, `Expected \`${sign}\`, found ${shown(this.current)}.`);
  }
}

/** Recursive descent: one method for each level of precedence. */
class Parser extends LiteralReader {
  private patterns = 0;

  whole(): Expression {
    const expr = this.either();
    if (this.current.kind !== "end") this.refuse(this.current, forOperator(this.current));
    return expr;
  }

  private either = (): Expression => {
    let left = this.both();
    while (this.take("name", "or")) left = ["or", left, this.both()];
    return left;
  };

  private both(): Expression {
    let left = this.negation();
    while (this.take("name", "and")) left = ["and", left, this.negation()];
    return left;
  }

  private negation(): Expression {
    let negations = 0;
    while (this.take("name", "not")) negations += 1;
    let expr = this.comparison();
    for (; negations; negations -= 1) expr = ["not", expr];
    return expr;
  }

  private comparison(): Expression {
    const left = this.path();
    if (!this.compares()) return left;
    const negated = this.take("name", "not");
    if (negated && !["in", "matches"].includes(this.current.source))
      this.refuse(this.current, `Expected \`in\` or \`matches\` after \`not\`, found ${shown(this.current)}.`);
    const name = SIGNS.get(this.advance().source) ?? "";
    const expr = [name, left, name === "matches" ? this.pattern() : this.path()];
    if (this.compares()) this.refuse(this.current, CHAINED);
    return negated ? ["not", expr] : expr;
  }

  private compares(): boolean {
    const { kind, source } = this.current;
    return (kind === "name" || kind === "sign") && (SIGNS.has(source) || source === "not");
  }

  private pattern(): Json {
    this.patterns += 1;
    if (this.patterns > MOST_PATTERNS) this.refuseAll(TOO_LARGE);
    return this.expectText("a regular expression in double quotes").value;
  }

  private path(): Expression {
    let value = this.primary();
    for (;;) {
      if (this.take("sign", ".")) value = ["item", value, this.keyAfterDot()];
      else if (this.take("sign", "[")) value = ["item", value, this.keyInBrackets()];
      else return value;
    }
  }

  private keyAfterDot(): string {
    const token = this.current;
    if (token.kind === "number") this.refuse(token, "Write a position in brackets, as in result.items[0].");
    if (token.kind !== "name") this.refuse(token, `Expected a key after \`.\`, found ${shown(token)}. Write other keys as in result["a b"].`);
    return this.advance().source;
  }

  private keyInBrackets(): Json {
    const token = this.current;
    if (token.kind !== "text" && !isWhole(token)) this.refuse(token, `Expected a key in double quotes or a whole number, found ${shown(token)}.`);
    this.advance();
    this.expect("]");
    return token.value;
  }

  private primary(): Expression {
    const token = this.current;
    if (token.kind === "text" || token.kind === "number") return this.advance().value;
    if (token.source === "[" || token.source === "{") return ["value", this.literal()];
    if (token.source === "(") return this.bracketed(this.either);
    if (token.kind === "name") return this.named(token);
    return this.refuse(token, `Expected a value, found ${shown(token)}.`);
  }

  private named(token: Token): Expression {
    const name = token.source;
    if (!NAMES.includes(name)) this.refuse(token, forOperand(token));
    this.advance();
    if (LITERALS.has(name)) return LITERALS.get(name) ?? null;
    if (name === "nodes") return ["node", this.nodeOfNodes()];
    if (ROOTS.includes(name) && name !== "node") return [name];
    if (this.current.source !== "(") this.refuse(token, `\`${name}\` is a function: write ${name}(...).`);
    if (FUNCTIONS.includes(name)) return [name, this.bracketed(this.either)];
    if (name === "value") return ["value", this.bracketed(this.literal)];
    return [name, this.bracketed(name === "node" ? this.nodeName : this.moment)];
  }

  private nodeOfNodes(): string {
    if (this.take("sign", ".")) return this.keyAfterDot();
    if (this.take("sign", "[")) {
      const name = this.nodeName();
      this.expect("]");
      return name;
    }
    return this.refuse(this.current, `Expected \`.\` and a node's name after \`nodes\`, found ${shown(this.current)}.`);
  }

  private nodeName = (): string => {
    const token = this.expectText("a node's name in double quotes");
    if (token.value === "") this.refuse(token, "A node's name is not empty.");
    return String(token.value);
  };

  private moment = (): string => {
    const token = this.expectText("a date in double quotes");
    if (!isMoment(String(token.value))) this.refuse(token, 'This is not a date and time with a timezone, such as "2030-01-01T00:00:00Z".');
    return String(token.value);
  };
}
