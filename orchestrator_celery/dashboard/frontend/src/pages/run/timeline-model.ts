/** The timeline's model: rows from times of nodes, and a scale that may shorten the gaps in which nothing happened. */
import type { Schemas } from "@/api/client";

export type Times = Schemas["NodeTimes"];

export interface Row {
  id: string;
  name: string;
  kind: string;
  state: string;
  depth: number;
  queued: number | null;
  started: number | null;
  finished: number | null;
  attempts: number;
  worker: string | null;
}

const time = (text: string | null | undefined): number | null => (text ? Date.parse(text) : null);

export function rowsOf(nodes: readonly Times[]): Row[] {
  const known = new Map<string, number>();
  return nodes.map((node) => {
    const parent = nearest(node.node, known);
    const depth = parent === null ? 0 : (known.get(parent) ?? 0) + 1;
    known.set(node.node, depth);
    return {
      id: node.node,
      name: node.name,
      kind: node.kind,
      state: node.state,
      depth,
      queued: time(node.queued ?? node.published),
      started: time(node.started),
      finished: time(node.finished),
      attempts: node.attempts ?? 0,
      worker: node.worker ?? null,
    };
  });
}

/** The nearest listed ancestor: inside graphs, ids skip a level. */
function nearest(id: string, known: ReadonlyMap<string, number>): string | null {
  for (let dot = id.lastIndexOf("."); dot > 0; dot = id.lastIndexOf(".", dot - 1)) {
    const above = id.slice(0, dot);
    if (known.has(above)) return above;
  }
  return null;
}

export interface Bounds {
  from: number;
  to: number;
}

/** From the first to the last time of any row; what still runs lasts until now. */
export function boundsOf(rows: readonly Row[], now: number): Bounds {
  let from = Infinity;
  let to = -Infinity;
  for (const row of rows) {
    const begin = row.queued ?? row.started;
    if (begin !== null) from = Math.min(from, begin);
    if (row.started !== null) to = Math.max(to, row.finished ?? now);
    else if (begin !== null) to = Math.max(to, begin);
  }
  if (!Number.isFinite(from)) return { from: now - 1000, to: now };
  return { from, to: Math.max(to, from + 1) };
}

export interface Scale {
  /** From a time to a share of the width, 0 to 1, of the whole. */
  at: (time: number) => number;
  /** Back from a share to a time. */
  back: (share: number) => number;
  gaps: { from: number; to: number }[];
}

const plainScale = ({ from, to }: Bounds): Scale => ({ at: (at) => (at - from) / (to - from), back: (share) => from + share * (to - from), gaps: [] });

/** A scale on which a stretch without any running task takes 2 % of the width at most. */
export function scaleOf(rows: readonly Row[], bounds: Bounds, compress: boolean, now: number): Scale {
  if (!compress) return plainScale(bounds);
  const busy = rows
    .filter((row) => row.started !== null && ["task", "approval"].includes(row.kind) && row.state !== "AWAITING")
    .map((row) => [row.started ?? 0, row.finished ?? now] as const)
    .sort((one, two) => one[0] - two[0]);
  const whole = bounds.to - bounds.from;
  const gaps: { from: number; to: number }[] = [];
  let reached = bounds.from;
  for (const [begin, end] of busy) {
    if (begin - reached > whole * 0.08) gaps.push({ from: reached, to: begin });
    reached = Math.max(reached, end);
  }
  if (bounds.to - reached > whole * 0.08) gaps.push({ from: reached, to: bounds.to });
  if (!gaps.length) return plainScale(bounds);
  const short = whole * 0.02;
  // Corners of a piecewise straight line from time to length.
  const corners: [number, number][] = [[bounds.from, 0]];
  let length = 0;
  let last = bounds.from;
  for (const gap of gaps) {
    length += gap.from - last;
    corners.push([gap.from, length]);
    length += short;
    corners.push([gap.to, length]);
    last = gap.to;
  }
  length += bounds.to - last;
  corners.push([bounds.to, length]);
  return { at: (at) => along(corners, at, 0, 1) / length, back: (share) => along(corners, share * length, 1, 0), gaps };
}

function along(corners: readonly [number, number][], value: number, from: 0 | 1, to: 0 | 1): number {
  let index = 1;
  while (index < corners.length - 1 && (corners[index]?.[from] ?? 0) < value) index += 1;
  const one = corners[index - 1] ?? [0, 0];
  const two = corners[index] ?? [1, 1];
  const width = two[from] - one[from] || 1;
  return one[to] + ((value - one[from]) * (two[to] - one[to])) / width;
}

/** How many tasks run in each of `count` stretches, for the brush: one pass, whatever the number of rows. */
export function density(rows: readonly Row[], scale: Scale, now: number, count = 160): number[] {
  const steps = new Array<number>(count + 1).fill(0);
  for (const row of rows) {
    if (row.started === null || row.kind !== "task") continue;
    const from = Math.max(0, Math.min(count - 1, Math.floor(scale.at(row.started) * count)));
    const to = Math.max(from, Math.min(count - 1, Math.floor(scale.at(row.finished ?? now) * count)));
    steps[from] = (steps[from] ?? 0) + 1;
    steps[to + 1] = (steps[to + 1] ?? 0) - 1;
  }
  let sum = 0;
  return steps.slice(0, count).map((step) => (sum += step));
}

/** Round places for the marks of the axis: four to eight, at 1, 2 or 5 of a unit. */
export function ticks(seconds: number, most = 6): number {
  const rough = seconds / most;
  const steps = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400];
  return steps.find((step) => step >= rough) ?? Math.ceil(rough / 86_400) * 86_400;
}
