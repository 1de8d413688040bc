import type { LogLine } from "@/parts/log-list";

/** Lines of several runs in the order of time. A line that was read twice is there once. */
export function merged(known: readonly LogLine[], read: readonly LogLine[], most: number): LogLine[] {
  const seen = new Set(known.map(key));
  const fresh = read.filter((line) => !seen.has(key(line)) && seen.add(key(line)));
  if (fresh.length === 0) return known as LogLine[];
  const all = [...known, ...fresh].sort((one, two) => (one.time < two.time ? -1 : one.time > two.time ? 1 : 0));
  return all.length > most ? all.slice(-most) : all;
}

function key(line: LogLine): string {
  return `${line.run ?? ""} ${line.id}`;
}
