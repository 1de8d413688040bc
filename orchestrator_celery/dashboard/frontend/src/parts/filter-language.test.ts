import { describe, expect, it } from "vitest";
import { filterText, parseFilter, RUN_FIELDS, suggest, withField } from "./filter-language";

const none = (): string[] => [];

describe("parseFilter", () => {
  it("splits words, values and exclusions", () => {
    expect(parseFilter('status:FAILED,SUSPENDED -tag:eu name:"sum of*" invoice')).toEqual([
      { field: "status", values: ["FAILED", "SUSPENDED"], minus: false },
      { field: "tag", values: ["eu"], minus: true },
      { field: "name", values: ["sum of*"], minus: false },
      { field: "", values: ["invoice"], minus: false },
    ]);
  });

  it("keeps what it does not understand, for the server to refuse", () => {
    expect(filterText(parseFilter('tag:eu name:"open'))).toContain("open");
  });
});

it.each(["", "status:FAILED", 'name:"a \\"quoted\\" \\\\ name"', "-task:health.*", 'a "b c" d', 'tag:"a,b",c', "duration:>5m since:2026-11-01T08:00", '"-x"', '"a:b"'])(
  "reads and writes %s alike",
  (text) => {
    const words = parseFilter(text);
    expect(parseFilter(filterText(words))).toEqual(words);
  },
);

it("sets and removes one field", () => {
  expect(withField("status:FAILED tag:eu", "status", ["RUNNING"])).toBe("status:RUNNING tag:eu");
  expect(withField("status:FAILED tag:eu", "status", [])).toBe("tag:eu");
  expect(withField("-status:FAILED", "status", ["RUNNING"])).toBe("status:RUNNING -status:FAILED");
});

describe("suggest", () => {
  it("completes fields, then values", () => {
    expect(suggest("sta", RUN_FIELDS, none).map(({ insert }) => insert)).toEqual(["status:"]);
    expect(suggest("-status:FA", RUN_FIELDS, none).map(({ insert }) => insert)).toEqual(["-status:FAILED"]);
  });

  it("does not offer a value twice", () => {
    expect(suggest("status:FAILED,F", RUN_FIELDS, none)).toEqual([]);
    expect(suggest("tag:eu,", RUN_FIELDS, () => ["eu", "us"]).map(({ insert }) => insert)).toEqual(["tag:eu,us"]);
  });
});
