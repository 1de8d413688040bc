import { describe, expect, it } from "vitest";
import { complete } from "./completion";
import { parse } from "./grammar";

const SCOPE = {
  names: ["validate", "check 2"],
  sample: {
    result: { score: 0.93, country: "DE", "first name": "Ada", paid: true, items: [{ sku: "A-1", count: 2 }, { sku: "B" }] },
    nodes: { validate: { total: 120 } },
    run_input: { order: 7 },
  },
};

/** The labels at the bar in a text. */
function labels(marked: string): string[] {
  const caret = marked.indexOf("|");
  return complete(marked.replace("|", ""), caret, SCOPE).options.map(({ label }) => label);
}

/** The text after an option is taken, with a bar at the caret. */
function taken(marked: string, label: string): string {
  const caret = marked.indexOf("|");
  const text = marked.replace("|", "");
  const { from, to, options } = complete(text, caret, SCOPE);
  const option = options.find((each) => each.label === label);
  if (!option) throw new Error(`${label} is not among ${options.map((each) => each.label).join(", ")}`);
  const next = from + option.insert.length - (option.back ?? 0);
  const whole = text.slice(0, from) + option.insert + text.slice(to);
  return `${whole.slice(0, next)}|${whole.slice(next)}`;
}

describe("what is offered", () => {
  it.each([
    ["|", ["result", "result.score", "run_input", "nodes.validate", 'node("check 2")', "exists(…)", "not"]],
    ["sco|", ["result.score"]],
    ["result.|", ["score", "country", "first name", "paid", "items"]],
    ["result.c|", ["country"]],
    ["result.items[|", ["[0]", "[1]", "[-1]"]],
    ["result.items[0].|", ["sku", "count"]],
    ["result[\"|", ["score", "first name"]],
    ["nodes.|", ["validate", "check 2"]],
    ["nodes.validate.|", ["total"]],
    ['node("validate").|', ["total"]],
    ['node("|', ["validate", "check 2"]],
    ["run_input.|", ["order"]],
    ["error.|", ["type", "message"]],
    ["result.score |", ["==", ">=", "and"]],
    ["length(result.items[0].|", ["sku"]],
    ["result.paid and (run_input.|", ["order"]],
    ["result.country == |", ['"DE"']],
    ['result.country == "|', ["DE"]],
    ['result.country in ["FR", "|', ["DE"]],
  ])("at %s", (marked, expected) => {
    expect(labels(marked)).toEqual(expect.arrayContaining(expected));
  });

  it("leaves out comparisons that cannot hold, and a second one", () => {
    expect(labels("result.paid |")).toEqual(["==", "!=", "and", "or"]);
    expect(labels("result.score >= 0.8 |")).toEqual(["and", "or"]);
    expect(labels('result.country == "DE" |')).toEqual(["and", "or"]);
    expect(labels("result.score >= run_input.order |")).toEqual(["and", "or"]);
  });

  it("waits for a blank before it offers operators", () => {
    expect(labels("(result.score >= 0.8)|")).toEqual([]);
    expect(labels("(result.score >= 0.8) |")).toContain("and");
    expect(labels("(result.score >= 0.8) a|")).toEqual(["and"]);
  });

  it("offers nothing after an error, or for a path that the sample lacks", () => {
    expect(labels("result = |")).toEqual([]);
    expect(labels("result.unknown.|")).toEqual([]);
  });
});

describe("what is written", () => {
  it.each([
    ["res|", "result.score", "result.score|"],
    ["result.|", "first name", 'result["first name"]|'],
    ["result.fi|", "first name", 'result["first name"]|'],
    ["result.|score > 1", "country", "result.country| > 1"],
    ['result["fi|"]', "first name", 'result["first name"]|'],
    ["result.items[|]", "[0]", "result.items[0]|"],
    ["nodes.|", "check 2", 'nodes["check 2"]|'],
    ['node("|")', "check 2", 'node("check 2")|'],
    ["ex|", "exists(…)", "exists(|)"],
    ["result.country |", "in", "result.country in [|]"],
    ["result.country |", "==", "result.country == |"],
    ['result.country == "|"', "DE", 'result.country == "DE"|'],
  ])("from %s with %s", (marked, label, expected) => {
    expect(taken(marked, label)).toBe(expected);
  });

  it("is right text for every key that a sample may have", () => {
    const keys = ["a b", 'say "hi"', "in", "__proto__", "größe", "1", "", "\u202e"];
    const sample = { result: Object.fromEntries(keys.map((key) => [key, 1])) };
    for (const option of complete("result.", 7, { names: [], sample }).options)
      expect(parse(`result${option.insert}`).expression).toEqual(["item", ["result"], option.label]);
  });
});
