/** Two versions beside each other: on the canvas, in words, and as Python. */
import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { Button } from "@/parts/button";
import { Dialog } from "@/parts/dialog";
import { ErrorState, Skeleton } from "@/parts/states";
import { readGraph } from "../api";
import { EditorCanvas, type CanvasHandle } from "../canvas/editor-canvas";
import { EditorContext, type Editor } from "../page/context";
import { Crumbs } from "../page/crumbs";
import { changedGraphs, compared, pathKey } from "../model/compare";
import type { GraphDocument, Layout, Sheet } from "../model/document";
import { Session } from "../model/session";
import { DifferenceView } from "./difference";

export interface Comparing {
  name: string;
  old: number;
  /** A version, or what is edited now. */
  now: number | { sheet: Sheet };
}

interface Side {
  document: GraphDocument;
  layout: Layout;
}

export function CompareDialog({ comparing, onClose }: { comparing: Comparing; onClose: () => void }): ReactNode {
  const { name, old, now } = comparing;
  const [sides, setSides] = useState<{ old: Side; now: Side } | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    let over = false;
    const read = async (version: number): Promise<Side> => {
      const { document, layout } = await readGraph(name, version);
      return { document, layout };
    };
    Promise.all([read(old), typeof now === "number" ? read(now) : Promise.resolve(now.sheet)]).then(
      ([first, second]) => (over ? undefined : setSides({ old: first, now: second })),
      (problem: unknown) => (over ? undefined : setError(problem)),
    );
    return () => {
      over = true;
    };
  }, [name, old, now]);
  const nowName = typeof now === "number" ? `version ${now}` : "yours";
  return (
    <Dialog open onClose={onClose} title={`Version ${old} and ${nowName}`} about="Added is green, removed is red, changed is amber." width={1080}>
      <div className="flex min-h-0 flex-col gap-3 overflow-y-auto px-4 pb-4">
        {error ? (
          <ErrorState error={error} />
        ) : sides ? (
          <>
            <Picture name={name} old={sides.old} now={sides.now} />
            <DifferenceView old={sides.old.document} now={sides.now.document} oldName={`version ${old}`} nowName={nowName} />
          </>
        ) : (
          <Skeleton rows={6} />
        )}
      </div>
    </Dialog>
  );
}

const NO_MARKS = { nodes: new Map(), lines: new Map() };

function Picture({ name, old, now }: { name: string; old: Side; now: Side }): ReactNode {
  const handle = useRef<CanvasHandle | null>(null);
  const { editor, nested } = useMemo(() => {
    const found = compared(old.document, now.document);
    const session = new Session({ document: found.document, layout: { nodes: { ...old.layout.nodes, ...now.layout.nodes } } }, Date.now, true);
    const made: Editor = { session, tasks: new Map(), tasksKnown: false, marks: NO_MARKS, trial: null, samples: { nodes: {} }, compared: found, ask: () => undefined };
    return { editor: made, nested: changedGraphs(found) };
  }, [old, now]);
  return (
    <EditorContext.Provider value={editor}>
      <div>
        <Crumbs session={editor.session} name={name} />
        <div data-compared className="h-[42vh] min-h-[240px] shrink-0 overflow-hidden rounded-lg border border-line">
          <EditorCanvas handle={handle} onInspect={() => undefined} />
        </div>
      </div>
      {nested.length ? (
        <div className="flex flex-wrap items-center gap-2 text-sm text-muted">
          Nested graphs differ, too:
          {nested.map((path) => (
            <Button key={pathKey(path)} small icon="graphs" onClick={() => editor.session.open(path)}>
              <bdi className="max-w-[240px] truncate">{path.join(" / ")}</bdi>
            </Button>
          ))}
        </div>
      ) : null}
    </EditorContext.Provider>
  );
}
