/**
 * Undo and redo. A state shares all parts that did not change with the one before, so the history keeps whole states: the inverse
 * of every command is the state before it, exactly.
 */
import type { Sheet } from "./document";

interface Entry {
  sheet: Sheet;
  /** What led from this state to the next one. */
  label: string;
}

export interface History {
  past: readonly Entry[];
  now: Sheet;
  future: readonly Entry[];
  /** Typing in one field is one step. */
  merge: string | null;
  at: number;
}

const LONGEST = 300;
const PAUSE = 2_000;

export function begin(sheet: Sheet): History {
  return { past: [], now: sheet, future: [], merge: null, at: 0 };
}

/** Adds a state. States with the same `merge` that follow each other within two seconds are one step. */
export function record(history: History, sheet: Sheet, label: string, merge: string | null, time: number): History {
  if (sheet === history.now) return history;
  const joined = merge !== null && merge === history.merge && time - history.at < PAUSE && history.past.length > 0;
  const past = joined ? history.past : [...history.past.slice(1 - LONGEST), { sheet: history.now, label }];
  return { past, now: sheet, future: [], merge, at: time };
}

export function undo(history: History): History {
  const last = history.past.at(-1);
  if (!last) return history;
  return { past: history.past.slice(0, -1), now: last.sheet, future: [{ sheet: history.now, label: last.label }, ...history.future], merge: null, at: 0 };
}

export function redo(history: History): History {
  const [next, ...rest] = history.future;
  if (!next) return history;
  return { past: [...history.past, { sheet: history.now, label: next.label }], now: next.sheet, future: rest, merge: null, at: 0 };
}
