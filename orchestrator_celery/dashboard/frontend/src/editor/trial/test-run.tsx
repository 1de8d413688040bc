/** A run on real workers, shown on the canvas that is edited: states, values, and approvals to answer. */
import { useQueries, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, type ReactNode } from "react";
import { Link } from "react-router";
import { get } from "@/api/client";
import { ENDED, useFresh, usePace, useRun } from "@/api/queries";
import { AnswerForm } from "@/pages/approvals/answer-form";
import { ErrorState, Note } from "@/parts/states";
import { StatusBadge } from "@/parts/status";
import { Section } from "../inspector/fields";
import { graphAt, type GraphDocument, type Json } from "../model/document";
import { useEditor, useSessionState } from "../page/context";
import { ofRun, untouched, viewAt, type Trial } from "./trial-model";

/** The results of so many nodes are read. */
const MOST_VALUES = 60;

export function TestRun({ run, document, onTrial }: { run: string; document: GraphDocument; onTrial: (trial: Trial | null, samples: { nodes: Record<string, unknown> } | null) => void }): ReactNode {
  const detail = useRun(run);
  const ended = detail.data ? ENDED.has(detail.data.run.status) : false;
  const pace = usePace(700);
  const every = ended ? (false as const) : pace;
  const tree = useQuery({ queryKey: ["run", run, "tree"], queryFn: ({ signal }) => get("/api/runs/{run}/tree", { run }, { limit: 500 }, signal), refetchInterval: every });
  const { path } = useSessionState(useEditor().session);
  const view = useMemo(() => (tree.data ? viewAt(tree.data, path) : null), [tree.data, path]);
  const node = view?.id ?? "0";
  const edges = useQuery({ queryKey: ["run", run, "edges", node], queryFn: ({ signal }) => get("/api/runs/{run}/edges", { run }, { node }, signal), refetchInterval: every, enabled: view !== null });
  useFresh(`run:${run}`, ["approvals"], 500);
  const approvals = useQuery({ queryKey: ["approvals"], queryFn: ({ signal }) => get("/api/approvals", {}, {}, signal), refetchInterval: every });
  const done = useMemo(() => (view?.children ?? []).filter(({ state }) => state === "SUCCEEDED").slice(-MOST_VALUES), [view]);
  const values = useQueries({
    queries: done.map(({ id, visits }) => ({
      queryKey: ["run", run, "value", id, visits],
      queryFn: ({ signal }: { signal: AbortSignal }) => get("/api/runs/{run}/nodes/{node}", { run, node: id }, { limit: 1 }, signal),
      staleTime: Infinity,
    })),
    combine: (answers) => answers.map(({ data }) => data),
  });
  const known = useMemo(() => new Map(values.flatMap((data): [string, Json][] => (data?.result ? [[data.node.id, data.result.value as Json]] : []))), [values]);
  useEffect(() => {
    if (!tree.data) return;
    // The graph may have been opened, or have come, after the run began.
    const graph = graphAt(document, path);
    if (!view || !graph) onTrial(untouched(path), null);
    else if (edges.data?.graph === view.id) {
      const names = new Map((view.children ?? []).map((child) => [child.id, child.name]));
      onTrial(ofRun(graph, path, view, edges.data.edges, known), { nodes: Object.fromEntries([...known].map(([id, value]) => [names.get(id) ?? id, value])) });
    }
  }, [document, path, tree.data, view, edges.data, known, onTrial]);
  const asked = (approvals.data ?? []).filter((approval) => approval.run === run);
  if (detail.error && !detail.data) return <ErrorState error={detail.error} />;
  return (
    <Section title="Test run">
      <div className="flex items-center gap-2">
        {detail.data ? <StatusBadge status={detail.data.run.status} /> : null}
        <Link className="min-w-0 truncate text-accent no-underline hover:underline" to={`/runs/${encodeURIComponent(run)}`}>
          Open the run
        </Link>
      </div>
      {asked.map((approval) => (
        <div key={approval.node}>
          <p className="m-0 font-[560]">
            <bdi>{approval.name}</bdi> waits for a decision
          </p>
          <AnswerForm approvals={[approval]} onDone={() => void tree.refetch()} />
        </div>
      ))}
      {tree.data?.error ? (
        <Note tone="failed">
          {tree.data.error.type}: {tree.data.error.message}
        </Note>
      ) : null}
    </Section>
  );
}
