/** Unsaved changes, kept in the browser: they outlive a lost session, a reload and a crash. */
import { unreadable, type Sheet } from "./document";

export interface Draft {
  /** The name of the graph; empty for a new one. */
  name: string;
  /** The version that was edited; 0 for a new graph. */
  base: number;
  /** The window that wrote it. */
  window: string;
  saved: number;
  sheet: Sheet;
}

const PREFIX = "orchestrator-draft:";
const MOST = 20;

function keyOf({ name, base, window }: Pick<Draft, "name" | "base" | "window">): string {
  return PREFIX + JSON.stringify([name, base, window]);
}

/** Keeps a draft; the oldest ones make room. Says whether the browser took it. */
export function keepDraft(store: Storage, draft: Draft): boolean {
  for (let left = allDrafts(store).length; ; left -= 1) {
    try {
      const others = allDrafts(store).filter((each) => keyOf(each) !== keyOf(draft));
      for (const old of others.slice(MOST - 1)) store.removeItem(keyOf(old));
      store.setItem(keyOf(draft), JSON.stringify(draft));
      return true;
    } catch {
      // The room of the browser is used up: the oldest draft goes first.
      const oldest = allDrafts(store).filter((each) => keyOf(each) !== keyOf(draft)).at(-1);
      if (!oldest || left <= 0) return false;
      store.removeItem(keyOf(oldest));
    }
  }
}

export function dropDraft(store: Storage, draft: Pick<Draft, "name" | "base" | "window">): void {
  store.removeItem(keyOf(draft));
}

/** The drafts of a graph, newest first; what cannot be read is left out. */
export function draftsOf(store: Storage, name: string): Draft[] {
  return allDrafts(store).filter((draft) => draft.name === name);
}

function allDrafts(store: Storage): Draft[] {
  const found: Draft[] = [];
  for (let index = 0; index < store.length; index += 1) {
    const key = store.key(index);
    if (!key?.startsWith(PREFIX)) continue;
    try {
      const draft = JSON.parse(store.getItem(key) ?? "") as Draft;
      if (typeof draft.saved === "number" && !unreadable(draft.sheet?.document) && typeof draft.sheet.layout?.nodes === "object") found.push(draft);
    } catch {
      continue;
    }
  }
  return found.sort((one, other) => other.saved - one.saved);
}
