import { keepPreviousData, useQueries, useQuery } from "@tanstack/react-query";
import { useCallback, useMemo, useState, type ReactNode } from "react";
import { get } from "@/api/client";
import { ENDED, usePace } from "@/api/queries";
import { Canvas } from "@/graph/canvas";
import { swarmCounts } from "@/graph/counts";
import { draw, graphsOf, type Box, type GraphEdge } from "@/graph/model";
import { Card, ErrorState, Skeleton } from "@/parts/states";
import type { TabProps } from "./run-page";

/** The graph of a run: its tree, drawn. */
export default function GraphTab({ run, detail, node, onNode }: TabProps): ReactNode {
  const ended = ENDED.has(detail.run.status);
  const pace = usePace(1500);
  const tree = useQuery({
    queryKey: ["run", run, "tree"],
    queryFn: ({ signal }) => get("/api/runs/{run}/tree", { run }, { limit: 100 }, signal),
    refetchInterval: ended ? false : pace,
    placeholderData: keepPreviousData,
  });
  const graphs = useMemo(() => (tree.data ? graphsOf(tree.data) : []), [tree.data]);
  const lines = useQueries({
    queries: graphs.map((graph) => ({
      queryKey: ["run", run, "edges", graph],
      queryFn: ({ signal }: { signal: AbortSignal }) => get("/api/runs/{run}/edges", { run }, { node: graph }, signal),
      refetchInterval: ended ? (false as const) : pace,
    })),
    combine: (answers) => ({ ready: answers.every(({ isPending }) => !isPending), data: answers.map(({ data }) => data) }),
  });
  const edges = useMemo(() => new Map<string, readonly GraphEdge[]>(lines.data.flatMap((answer) => (answer ? [[answer.graph, answer.edges]] : []))), [lines.data]);
  const [chosen, setChosen] = useState<ReadonlyMap<string, boolean>>(new Map());
  const toggle = useCallback((box: Box) => setChosen((before) => new Map(before).set(box.node, !box.open)), []);
  const drawing = useMemo(() => (tree.data && lines.ready ? draw(tree.data, edges, chosen) : null), [tree.data, lines.ready, edges, chosen]);
  const counts = useMemo(() => (tree.data ? swarmCounts(tree.data, detail.progress) : new Map()), [tree.data, detail.progress]);
  return (
    <Card className="overflow-hidden">
      {drawing ? (
        <Canvas drawing={drawing} counts={counts} current={node} onCurrent={onNode} onToggle={toggle} name={detail.run.name || run} height="clamp(320px, 56vh, 760px)" />
      ) : tree.error ? (
        <ErrorState error={tree.error} retry={() => void tree.refetch()} />
      ) : (
        <Skeleton rows={6} height={72} />
      )}
    </Card>
  );
}
