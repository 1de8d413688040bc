/** Workers: leases, queues, what they run now; what was started again after one was gone; checks of the set-up. */
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { Link } from "react-router";
import { get, type Schemas } from "@/api/client";
import { useFresh, usePace } from "@/api/queries";
import { PageHead } from "@/pages/shell/page-head";
import { Button } from "@/parts/button";
import { counted } from "@/parts/format";
import { Icon } from "@/parts/icons";
import { Card, Empty, ErrorState, Skeleton } from "@/parts/states";
import { Table, type Column } from "@/parts/table";
import { Ago } from "@/parts/time";

type Worker = Schemas["WorkerView"];

const COLUMNS: Column<Worker>[] = [
  {
    key: "alive",
    title: "State",
    width: 92,
    cell: (worker) => (
      <span className={`inline-flex items-center gap-[6px] font-[600] ${worker.alive ? "text-succeeded" : "text-failed"}`}>
        <Icon name={worker.alive ? "succeeded" : "failed"} size={12} /> {worker.alive ? "alive" : "gone"}
      </span>
    ),
  },
  { key: "name", title: "Name", width: "24%", cell: (worker) => <bdi title={worker.id} className="font-[560]">{worker.name}</bdi> },
  { key: "running", title: "Runs now", width: 220, from: "sm", cell: (worker) => <Running ids={worker.running ?? []} /> },
  { key: "queues", title: "Queues", from: "md", cell: (worker) => <span className="font-mono text-sm text-muted">{(worker.queues ?? []).join(", ")}</span> },
  { key: "tasks", title: "Tasks", width: 76, align: "right", from: "md", cell: (worker) => <span title={(worker.tasks ?? []).join("\n")}>{(worker.tasks ?? []).length}</span> },
  { key: "seen", title: "Last sign", width: 96, align: "right", cell: (worker) => <span className="text-muted">{worker.alive ? <span title="It renews its lease with each heartbeat.">now</span> : <Ago time={worker.seen} />}</span> },
];

/** Ids are `<run>:<node>:<attempt>`; a run's own id may hold colons. */
function Running({ ids }: { ids: readonly string[] }): ReactNode {
  const [first, ...more] = ids;
  if (!first) return <span className="text-faint">nothing</span>;
  const [, run = first, node = ""] = /^(.*):([^:]*):(\d+)$/s.exec(first) ?? [];
  return (
    <>
      <Link className="font-mono text-sm text-accent no-underline hover:underline" to={`/runs/${encodeURIComponent(run)}?node=${encodeURIComponent(node)}`}>
        {run.slice(0, 8)} {node}
      </Link>
      {more.length ? <span className="ml-2 text-muted" title={more.join("\n")}>+{more.length}</span> : null}
    </>
  );
}

export default function WorkersPage(): ReactNode {
  const pace = usePace(3000);
  useFresh("workers", ["workers"]);
  const workers = useQuery({ queryKey: ["workers"], queryFn: ({ signal }) => get("/api/workers", {}, {}, signal), refetchInterval: pace });
  const alive = workers.data?.filter((worker) => worker.alive).length ?? 0;
  return (
    <>
      <PageHead title="Workers" about={workers.data ? `${alive} alive, ${workers.data.length - alive} gone` : null} />
      <Card className="mb-4 overflow-hidden">
        {workers.isPending ? (
          <Skeleton rows={3} />
        ) : workers.error && !workers.data ? (
          <ErrorState error={workers.error} retry={() => void workers.refetch()} />
        ) : (
          <Table
            label="Workers"
            rows={workers.data ?? []}
            columns={COLUMNS}
            id={(worker) => worker.id}
            empty={
              <Empty icon="workers" title="No worker is alive">
                Start one: <code>celery -A proj worker</code>. Workers without the extension are not listed.
              </Empty>
            }
          />
        )}
      </Card>
      <div className="grid grid-cols-2 items-start gap-4 max-lg:grid-cols-1">
        <Reports />
        <Doctor />
      </div>
    </>
  );
}

function Reports(): ReactNode {
  const pace = usePace(8000);
  // A sweep that resumed tasks leaves an entry in the feed of all runs.
  useFresh("runs", ["resume-reports"], 3000);
  const reports = useQuery({ queryKey: ["resume-reports"], queryFn: ({ signal }) => get("/api/resume-reports", {}, { limit: 50 }, signal), refetchInterval: pace });
  return (
    <Card className="overflow-hidden">
      <h2 className="border-b border-line px-3 py-2 text-base font-[600]">Resume reports</h2>
      {reports.isPending ? (
        <Skeleton rows={3} />
      ) : reports.error && !reports.data ? (
        <ErrorState error={reports.error} />
      ) : reports.data?.length ? (
        <ul className="m-0 max-h-[420px] list-none overflow-y-auto p-0" tabIndex={0}>
          {reports.data.map((report) => (
            <li key={`${report.time} ${report.worker}`} className="border-b border-line px-3 py-2 last:border-0">
              <div className="flex gap-2">
                <b className="font-[560]">
                  {Object.entries(report.counts ?? {})
                    .map(([action, count]) => `${count} ${action}`)
                    .join(", ") || "nothing to do"}
                </b>
                <span className="flex-1" />
                <span className="text-muted">
                  <Ago time={report.time} />
                </span>
              </div>
              {report.dead?.length ? <div className="text-sm text-muted">found dead: {report.dead.map((id) => id.split("/")[0]).join(", ")}</div> : null}
              <details className="text-sm text-muted">
                <summary>{counted(report.nodes?.length ?? 0, "node")}</summary>
                {(report.nodes ?? []).map((node) => (
                  <div key={`${node.run}${node.node}${node.attempt}`} className="flex gap-2 py-px">
                    <Link className="text-accent no-underline hover:underline" to={`/runs/${encodeURIComponent(node.run)}?node=${encodeURIComponent(node.node)}`}>
                      {node.task}
                    </Link>
                    <span>
                      {node.action}
                      {node.checkpoint ? ", from its checkpoint" : ""}
                      {node.reason ? `: ${node.reason}` : ""}
                    </span>
                  </div>
                ))}
              </details>
            </li>
          ))}
        </ul>
      ) : (
        <Empty icon="workers" title="No worker was lost">
          When a worker dies, its tasks start again on another one, and the report stands here.
        </Empty>
      )}
    </Card>
  );
}

function Doctor(): ReactNode {
  const [asked, setAsked] = useState(false);
  const checks = useQuery({ queryKey: ["doctor"], queryFn: ({ signal }) => get("/api/doctor", {}, {}, signal), enabled: asked, staleTime: 0 });
  return (
    <Card className="overflow-hidden">
      <header className="flex items-center border-b border-line px-3 py-2">
        <h2 className="flex-1 text-base font-[600]">Checks of the set-up</h2>
        <Button small busy={checks.isFetching} onClick={() => (asked ? void checks.refetch() : setAsked(true))}>
          {checks.data ? "Check again" : "Check"}
        </Button>
      </header>
      {checks.error ? (
        <ErrorState error={checks.error} />
      ) : checks.data ? (
        <ul className="m-0 list-none p-0">
          {checks.data.map((check) => (
            <li key={check.name} className="flex gap-3 border-b border-line px-3 py-2 last:border-0">
              <Icon name={check.level === "ok" ? "succeeded" : "warning"} className={`mt-[3px] ${check.level === "ok" ? "text-succeeded" : check.level === "error" ? "text-failed" : "text-suspended"}`} />
              <div className="min-w-0">
                <b className="font-[560]">{check.name}</b> <span className="text-muted [overflow-wrap:anywhere]">{check.found}</span>
                {check.advice ? <div className="text-muted">{check.advice}</div> : null}
              </div>
            </li>
          ))}
        </ul>
      ) : checks.isFetching ? (
        <Skeleton rows={4} />
      ) : (
        <p className="m-0 px-3 py-4 text-muted">Looks at the store and its durability, the broker, the workers and the clocks. Nothing is changed; it takes a few seconds.</p>
      )}
    </Card>
  );
}
