/** The arguments of new items of a swarm, one line for each task. */

export interface NewItem {
  args: unknown[];
  kwargs: Record<string, unknown>;
}

export interface Lines {
  items: NewItem[];
  /** The first lines that are not right; lines count from 1. */
  problems: { line: number; text: string }[];
}

/** Most tasks of one call; the server's own limit. */
export const MOST = 10_000;
const TOLD = 5;

/** Reads lines: a JSON list has positional arguments, an object keyword arguments; any other line is the one argument. */
export function readLines(text: string): Lines {
  const found: Lines = { items: [], problems: [] };
  text.split("\n").forEach((raw, index) => {
    const line = raw.trim();
    if (!line) return;
    try {
      found.items.push(read(line));
    } catch (error) {
      if (found.problems.length < TOLD) found.problems.push({ line: index + 1, text: error instanceof Error ? error.message : "This is not JSON." });
    }
  });
  return found;
}

function read(line: string): NewItem {
  if (line.startsWith("[")) return { args: JSON.parse(line) as unknown[], kwargs: {} };
  if (line.startsWith("{")) return { args: [], kwargs: JSON.parse(line) as Record<string, unknown> };
  try {
    return { args: [JSON.parse(line)], kwargs: {} };
  } catch {
    return { args: [line], kwargs: {} };
  }
}
