/** The page on which a graph is drawn: reads the graph, then opens the workbench on it. */
import { useCallback, useEffect, useState, type ReactNode } from "react";
import { useNavigate, useParams, useSearchParams } from "react-router";
import { download } from "@/graph/export";
import { PageHead } from "@/pages/shell/page-head";
import { Button } from "@/parts/button";
import { ErrorState, Note, Skeleton } from "@/parts/states";
import { readGraph, type SavedGraph } from "./api";
import { emptyDocument, unreadable, type Sheet } from "./model/document";
import { Workbench } from "./page/workbench";

/** A graph as it was opened. */
interface Opened {
  /** Counts the openings: each has a history of its own. */
  id: number;
  name: string;
  version: number;
  newest: number;
  sheet: Sheet;
}

export default function EditorPage(): ReactNode {
  const { name = "" } = useParams();
  const [place, setPlace] = useSearchParams();
  const navigate = useNavigate();
  const version = Number(place.get("version")) || null;
  const [opened, setOpened] = useState<Opened | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [tries, setTries] = useState(0);
  const shown = opened !== null && opened.name === name && (version === null || version === opened.version);

  useEffect(() => {
    if (shown) return;
    const control = new AbortController();
    setError(null);
    const open = ({ name: own, version: number, newest, document, layout }: Pick<SavedGraph, "name" | "version" | "newest" | "document" | "layout">): void =>
      setOpened((old) => ({ id: (old?.id ?? 0) + 1, name: own, version: number, newest, sheet: { document, layout } }));
    if (!name) open({ name: "", version: 0, newest: 0, document: emptyDocument(), layout: { nodes: {} } });
    else
      readGraph(name, version, control.signal).then(open, (problem: unknown) => {
        if (!control.signal.aborted) setError(problem);
      });
    return () => control.abort();
  }, [name, version, shown, tries]);

  /** A save does not open the graph anew: the history of undo stays. */
  const onSaved = useCallback(
    (saved: SavedGraph) => {
      setOpened((old) => (old ? { ...old, name: saved.name, version: saved.version, newest: saved.version } : old));
      void navigate(`/graphs/edit/${encodeURIComponent(saved.name)}`, { replace: true });
    },
    [navigate],
  );
  const onOpen = useCallback((wanted: number) => setPlace({ version: String(wanted) }), [setPlace]);

  if (error)
    return (
      <>
        <PageHead title={name || "New graph"} />
        <ErrorState error={error} retry={() => setTries(tries + 1)} />
      </>
    );
  if (!opened || !shown) return <Skeleton rows={10} />;
  const refusal = unreadable(opened.sheet.document);
  if (refusal)
    return (
      <>
        <PageHead title={name || "New graph"} />
        <Note tone="failed">{refusal} The stored document is as it was; you can download it.</Note>
        <Button className="mt-3" icon="download" onClick={() => download(`${name || "graph"}.json`, new Blob([JSON.stringify(opened.sheet.document, null, 2)], { type: "application/json" }))}>
          Download the document
        </Button>
      </>
    );
  return <Workbench key={opened.id} opened={opened.sheet} name={opened.name} version={opened.version} newest={opened.newest} onSaved={onSaved} onOpen={onOpen} />;
}
