/** One run: how it stands and why, its verbs, its tabs, and the panel of the selected node beside each of them. */
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useCallback, type ReactNode } from "react";
import { Link, useParams, useSearchParams } from "react-router";
import { get } from "@/api/client";
import { ApiError } from "@/api/problem";
import { ENDED, usePace, useRun, type RunDetail } from "@/api/queries";
import { PageHead } from "@/pages/shell/page-head";
import { CopyButton } from "@/parts/button";
import { Icon } from "@/parts/icons";
import { ProgressLine } from "@/parts/progress";
import { Card, Empty, ErrorState, Note, Skeleton } from "@/parts/states";
import { StatusBadge } from "@/parts/status";
import { Tabs, type Tab } from "@/parts/tabs";
import { Ago, Duration, Num } from "@/parts/time";
import { DataTab } from "./data-tab";
import { EventsTab } from "./events-tab";
import { ItemsTab } from "./items-tab";
import { LogsTab } from "./logs-tab";
import { NodePanel } from "./node-panel";
import { RunVerbs } from "./run-verbs";

/** Characters of the message that fit above the tabs; the whole error stands in the panel of its node. */
const MOST = 400;

// The first tab is loaded beside what the run is asked for.
const graphTab = import("./graph-tab");
const GraphTab = lazy(() => graphTab);
const TimelineTab = lazy(() => import("./timeline-tab"));

export interface TabProps {
  run: string;
  detail: RunDetail;
  node: string | null;
  onNode: (node: string | null) => void;
}

export default function RunPage(): ReactNode {
  const { run: id = "" } = useParams();
  const run = useRun(id);
  if (run.isPending) return <Skeleton rows={8} />;
  if (run.error && !run.data) return <Gone error={run.error} retry={() => void run.refetch()} />;
  // Deleted while somebody looks at it: what was read last stays, with a note.
  const gone = run.error instanceof ApiError && run.error.problem.status === 404;
  return run.data ? <Page key={id} id={id} detail={run.data} gone={gone} /> : null;
}

function Gone({ error, retry }: { error: unknown; retry: () => void }): ReactNode {
  return error instanceof ApiError && error.problem.status === 404 ? (
    <Empty icon="deleted" title="This run does not exist, or no longer">
      {error.problem.detail} <Link to="/audit">The audit trail</Link> knows who deleted what.
    </Empty>
  ) : (
    <ErrorState error={error} retry={retry} />
  );
}

function Page({ id, detail, gone }: { id: string; detail: RunDetail; gone: boolean }): ReactNode {
  const [place, setPlace] = useSearchParams();
  const tab = place.get("tab") ?? "graph";
  const node = place.get("node");
  const put = useCallback(
    (name: string, value: string | null) =>
      setPlace(
        (before) => {
          const params = new URLSearchParams(before);
          if (value) params.set(name, value);
          else params.delete(name);
          return params;
        },
        { replace: name === "node" },
      ),
    [setPlace],
  );
  const onNode = useCallback((next: string | null) => put("node", next), [put]);
  const { run, progress, approvals } = detail;
  const ended = ENDED.has(run.status);
  const total = run.total ?? progress.total;
  const tabs: Tab[] = [
    { key: "graph", title: "Graph" },
    { key: "timeline", title: "Timeline" },
    { key: "items", title: "Items", ...(total ? { count: <Num value={total} /> } : {}) },
    { key: "logs", title: "Logs" },
    { key: "events", title: "Events" },
    { key: "data", title: "Data" },
  ];
  const props: TabProps = { run: id, detail, node, onNode };
  return (
    <>
      <PageHead title={run.name || id}>
        <RunVerbs detail={detail} />
      </PageHead>
      <div className="-mt-1 mb-3 flex flex-wrap items-center gap-x-3 gap-y-1 text-muted">
        <StatusBadge status={approvals.length && !ended ? "AWAITING" : run.status} />
        <span className="inline-flex items-center">
          <code className="max-w-[320px] truncate max-sm:max-w-[260px]" title={id}>
            {id}
          </code>
          <CopyButton text={id} label="Copy the id" />
        </span>
        <span>
          created <Ago time={run.created} />
        </span>
        {run.started ? (
          <span>
            {run.finished ? (
              <>
                took <Duration from={run.started} to={run.finished} />
              </>
            ) : (
              <>
                started <Ago time={run.started} />
              </>
            )}
          </span>
        ) : null}
        {run.rerun_of ? (
          <Link to={`/runs/${encodeURIComponent(run.rerun_of)}`} className="text-accent">
            rerun of {run.rerun_of.slice(0, 8)}
          </Link>
        ) : null}
        {run.category ? (
          <Link to={`/runs?filter=${encodeURIComponent(`category:${run.category}`)}`} title={run.category} className="max-w-[min(100%,260px)] truncate text-muted no-underline hover:underline">
            <bdi>{run.category}</bdi>
          </Link>
        ) : null}
        {(run.tags ?? []).map((tag) => (
          <Link key={tag} to={`/runs?filter=${encodeURIComponent(`tag:${tag}`)}`} title={tag} className="max-w-[min(100%,260px)] truncate rounded-[5px] bg-quiet-soft px-[7px] text-sm text-ink no-underline">
            <bdi>{tag}</bdi>
          </Link>
        ))}
      </div>
      <ProgressLine
        ended={ended}
        counts={{ total: progress.total, done: progress.done, failed: progress.failed, running: progress.running, awaiting: approvals.length }}
        estimate={{ rate: progress.rate, eta: progress.eta }}
      />
      <div className="mt-3 flex flex-col gap-2 empty:hidden">
        {gone ? <Note tone="failed">This run was deleted. You see what was known last.</Note> : approvals.length && !ended ? null : <Why id={id} detail={detail} />}
        {approvals.map((approval) => (
          <Note key={approval.node} tone="waiting">
            <button type="button" className="text-left font-[550] hover:underline" onClick={() => onNode(approval.node)}>
              {approval.name} waits for an answer{approval.message ? `: ${approval.message}` : ""}
            </button>
          </Note>
        ))}
      </div>
      <div className="mt-3">
        <Tabs label="Parts of the run" tabs={tabs} current={tab} onChange={(key) => put("tab", key)} />
      </div>
      <div className={`mt-3 grid items-start gap-[14px] ${node ? "grid-cols-[minmax(0,1fr)_372px] max-lg:grid-cols-1" : "grid-cols-1"}`}>
        <div role="tabpanel" aria-label={tab} className="min-w-0">
          <Suspense fallback={<Skeleton rows={6} />}>
            {tab === "graph" ? (
              <div className="flex flex-col gap-[14px]">
                <GraphTab {...props} />
                {total <= 400 ? <TimelineTab {...props} compact /> : <ItemsTab {...props} />}
              </div>
            ) : null}
            {tab === "timeline" ? <TimelineTab {...props} /> : null}
            {tab === "items" ? <ItemsTab {...props} /> : null}
            {tab === "logs" ? <LogsTab {...props} /> : null}
            {tab === "events" ? <EventsTab {...props} /> : null}
            {tab === "data" ? <DataTab {...props} /> : null}
          </Suspense>
        </div>
        {node ? (
          <Card className="sticky top-3 max-h-[calc(100dvh-24px)] overflow-y-auto max-lg:static max-lg:max-h-none max-lg:row-start-1">
            <NodePanel key={node} {...props} node={node} />
          </Card>
        ) : null}
      </div>
    </>
  );
}

/** Why the run stands still, in the server's own sentence; only where somebody could wonder. */
function Why({ id, detail }: { id: string; detail: RunDetail }): ReactNode {
  const { status } = detail.run;
  const wondering = ["PENDING", "SUSPENDED", "INTERRUPTED", "FAILED"].includes(status) || (status === "RUNNING" && detail.progress.running === 0);
  const pace = usePace(8000);
  const message = useQuery({
    queryKey: ["run", id, "message", status],
    queryFn: ({ signal }) => get("/api/runs/{run}/message", { run: id }, {}, signal),
    enabled: wondering,
    refetchInterval: wondering ? pace : false,
  });
  if (!wondering || !message.data) return null;
  const { message: text } = message.data;
  const tone = status === "FAILED" ? "failed" : status === "SUSPENDED" || status === "INTERRUPTED" ? "suspended" : "info";
  return (
    <Note tone={tone}>
      <span title={text} className="[overflow-wrap:anywhere]">
        {text.length > MOST ? `${text.slice(0, MOST)}…` : text}
      </span>
      {status === "FAILED" ? (
        <Link to="?tab=items" className="ml-2 inline-flex items-center gap-1 font-[550] text-inherit">
          what failed <Icon name="chevronRight" size={10} />
        </Link>
      ) : null}
    </Note>
  );
}
