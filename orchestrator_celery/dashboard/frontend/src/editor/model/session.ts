/** What one person edits: history, selection, and which nested graph is shown. Apart from React, so that tests drive it. */
import { begin, record, redo, undo, type History } from "./history";
import { graphAt, type GraphBody, type Path, type Point, type Sheet } from "./document";
import { linesOf } from "./lines";
import { drawnNames } from "./commands";

export interface Selection {
  nodes: ReadonlySet<string>;
  lines: ReadonlySet<string>;
}

export interface State {
  history: History;
  path: Path;
  selection: Selection;
  /** The state that is saved on the server. */
  saved: Sheet;
  /** Counts what changes fields from outside: undo, redo, a restored draft. Forms start anew. */
  epoch: number;
}

export const NOTHING: Selection = { nodes: new Set(), lines: new Set() };

export class Session {
  private state: State;
  private readonly listeners = new Set<() => void>();

  constructor(
    sheet: Sheet,
    private readonly now: () => number = Date.now,
    /** A session that only shows: commands do nothing. */
    readonly frozen = false,
  ) {
    this.state = { history: begin(sheet), path: [], selection: NOTHING, saved: sheet, epoch: 0 };
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): State => this.state;

  get sheet(): Sheet {
    return this.state.history.now;
  }

  get graph(): GraphBody {
    return graphAt(this.sheet.document, this.state.path) ?? this.sheet.document;
  }

  /** Whether there is something to save. */
  get dirty(): boolean {
    return this.sheet !== this.state.saved;
  }

  /** Applies a command. What it deletes leaves the selection. */
  do(label: string, command: (sheet: Sheet) => Sheet, options: { merge?: string; select?: Partial<Selection> } = {}): void {
    if (this.frozen) return;
    const sheet = command(this.sheet);
    const history = record(this.state.history, sheet, label, options.merge ?? null, this.now());
    const selection = options.select ? { nodes: options.select.nodes ?? NOTHING.nodes, lines: options.select.lines ?? NOTHING.lines } : this.state.selection;
    this.become({ history, selection });
  }

  undo(): string | null {
    const label = this.state.history.past.at(-1)?.label ?? null;
    if (label !== null) this.become({ history: undo(this.state.history), epoch: this.state.epoch + 1 });
    return label;
  }

  redo(): string | null {
    const label = this.state.history.future[0]?.label ?? null;
    if (label !== null) this.become({ history: redo(this.state.history), epoch: this.state.epoch + 1 });
    return label;
  }

  select(selection: Partial<Selection>): void {
    const next = { nodes: selection.nodes ?? NOTHING.nodes, lines: selection.lines ?? NOTHING.lines };
    if (equal(next.nodes, this.state.selection.nodes) && equal(next.lines, this.state.selection.lines)) return;
    this.become({ selection: next });
  }

  /** Shows the graph inside a node, or one around it. */
  open(path: Path, selection: Selection = NOTHING): void {
    this.become({ path, selection });
  }

  /** Gives places to nodes that have none. That is no change of a person, so there is nothing to undo or to save. */
  settle(places: Readonly<Record<string, Point>>): void {
    const place = (sheet: Sheet): Sheet => ({ ...sheet, layout: { ...sheet.layout, nodes: { ...places, ...sheet.layout.nodes } } });
    const now = place(this.sheet);
    this.become({ history: { ...this.state.history, now }, saved: this.dirty ? this.state.saved : now });
  }

  markSaved(sheet: Sheet): void {
    this.become({ saved: sheet });
  }

  private become(change: Partial<State>): void {
    this.state = whole({ ...this.state, ...change });
    for (const listener of this.listeners) listener();
  }
}

/** Leaves a graph that is gone, and forgets what is selected and gone. */
function whole(state: State): State {
  let { path } = state;
  while (path.length && !graphAt(state.history.now.document, path)) path = path.slice(0, -1);
  const graph = graphAt(state.history.now.document, path) ?? state.history.now.document;
  if (path !== state.path) return { ...state, path, selection: NOTHING };
  const names = new Set(drawnNames(graph));
  const nodes = kept(state.selection.nodes, names);
  const lines = state.selection.lines.size ? kept(state.selection.lines, new Set(linesOf(graph).map(({ id }) => id))) : state.selection.lines;
  return nodes === state.selection.nodes && lines === state.selection.lines ? state : { ...state, selection: { nodes, lines } };
}

function kept(chosen: ReadonlySet<string>, known: ReadonlySet<string>): ReadonlySet<string> {
  const left = [...chosen].filter((each) => known.has(each));
  return left.length === chosen.size ? chosen : new Set(left);
}

function equal(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((each) => other.has(each));
}
