import { describe, expect, it } from "vitest";
import { boundsOf, density, rowsOf, scaleOf, ticks, type Times } from "./timeline-model";

const begin = Date.parse("2026-01-01T00:00:00Z");
const NOW = begin + 100_000;

function times(node: string, from: number | null, to: number | null, more: Partial<Times> = {}): Times {
  const at = (seconds: number | null): string | null => (seconds === null ? null : new Date(begin + seconds * 1000).toISOString());
  return { node, name: node, kind: "task", state: "SUCCEEDED", queued: null, published: null, started: at(from), finished: at(to), attempts: 1, worker: null, ...more };
}

describe("rows", () => {
  it("are as deep as the nearest ancestor that is listed says: inside graphs, ids skip a level", () => {
    expect(rowsOf([times("0", 0, 9), times("0.1.0", 0, 1), times("0.1.0.s0", 1, 2), times("0.2", 1, 2)]).map(({ depth }) => depth)).toEqual([0, 1, 2, 1]);
  });

  it("wait since their turn came, or else since their message was sent", () => {
    const sent = new Date(begin + 500).toISOString();
    expect(rowsOf([times("0", 1, 2, { published: sent })])[0]?.queued).toBe(begin + 500);
  });
});

describe("the bounds", () => {
  it("reach from the first turn to the last end, and to now while something runs", () => {
    const queued = new Date(begin).toISOString();
    expect(boundsOf(rowsOf([times("0", 2, 5, { queued })]), NOW)).toEqual({ from: begin, to: begin + 5000 });
    expect(boundsOf(rowsOf([times("0", 2, null)]), NOW)).toEqual({ from: begin + 2000, to: NOW });
  });

  it("are a second where nothing has begun, and never empty", () => {
    expect(boundsOf(rowsOf([times("0", null, null)]), NOW)).toEqual({ from: NOW - 1000, to: NOW });
    const { from, to } = boundsOf(rowsOf([times("0", 1, 1)]), NOW);
    expect(to).toBeGreaterThan(from);
  });
});

describe("the scale", () => {
  const rows = rowsOf([times("0", 0, 10), times("1", 90, 100)]);
  const bounds = boundsOf(rows, NOW);

  it("is straight, and goes back to where it came from", () => {
    const scale = scaleOf(rows, bounds, false, NOW);
    expect(scale.at(begin + 50_000)).toBeCloseTo(0.5);
    expect(scale.back(0.5)).toBeCloseTo(begin + 50_000);
  });

  it("shortens a stretch in which nothing runs, keeps the order, and goes back too", () => {
    const scale = scaleOf(rows, bounds, true, NOW);
    expect(scale.gaps).toEqual([{ from: begin + 10_000, to: begin + 90_000 }]);
    expect(scale.at(begin + 90_000) - scale.at(begin + 10_000)).toBeLessThan(0.1);
    const places = [0, 5, 10, 50, 90, 95, 100].map((second) => scale.at(begin + second * 1000));
    expect(places).toEqual([...places].sort((one, two) => one - two));
    expect([places[0], places.at(-1)]).toEqual([0, 1]);
    for (const second of [0, 7, 42, 93, 100]) expect(scale.back(scale.at(begin + second * 1000))).toBeCloseTo(begin + second * 1000, 3);
  });

  it("shortens while a person is waited for", () => {
    const waiting = rowsOf([times("0", 0, 10), times("1", 10, null, { kind: "approval", state: "AWAITING" })]);
    expect(scaleOf(waiting, boundsOf(waiting, NOW), true, NOW).gaps).toEqual([{ from: begin + 10_000, to: NOW }]);
  });
});

describe("the brush", () => {
  it("counts what runs in each stretch", () => {
    const rows = rowsOf([times("0", 0, 100), times("1", 0, 49), times("2", null, null), times("3", 0, 100, { kind: "chain" })]);
    expect(density(rows, scaleOf(rows, boundsOf(rows, NOW), false, NOW), NOW, 4)).toEqual([2, 2, 1, 1]);
  });
});

describe("the axis", () => {
  it.each([
    [0.004, 0.001],
    [6, 1],
    [100, 30],
    [86_400 * 30, 86_400 * 5],
  ])("of %d s has a mark every %d s", (seconds, step) => expect(ticks(seconds)).toBe(step));
});
