/** What needs somebody now, and how the system does. */
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { get, type Schemas } from "@/api/client";
import { useFresh, usePace, type RunView } from "@/api/queries";
import { PageHead } from "@/pages/shell/page-head";
import { compact, counted, exact, percent, span } from "@/parts/format";
import { Icon, type IconName } from "@/parts/icons";
import { Bar, Spark } from "@/parts/progress";
import { Card, Empty, ErrorState, Skeleton } from "@/parts/states";
import { StatusIcon } from "@/parts/status";
import { Ago, Duration } from "@/parts/time";

type Overview = Schemas["Overview"];

export default function OverviewPage(): ReactNode {
  const pace = usePace(4000);
  useFresh("runs", ["overview"], 1500);
  useFresh("stats", ["overview"], 3000);
  const overview = useQuery({ queryKey: ["overview"], queryFn: ({ signal }) => get("/api/overview", {}, { since: "24h" }, signal), refetchInterval: pace });
  return (
    <>
      <PageHead title="Overview" about="the last 24 hours" />
      {overview.isPending ? (
        <Card>
          <Skeleton rows={10} />
        </Card>
      ) : overview.data ? (
        <Content data={overview.data} />
      ) : (
        <ErrorState error={overview.error} retry={() => void overview.refetch()} />
      )}
    </>
  );
}

function Content({ data }: { data: Overview }): ReactNode {
  const gone = data.workers.filter((worker) => !worker.alive);
  const needs = data.approvals.length + data.failed.length + data.held.length + gone.length;
  return (
    <div className="flex flex-col gap-4">
      <Tiles stats={data.stats} running={data.running.length} />
      <div className="grid grid-cols-[minmax(0,1fr)_minmax(0,1fr)] items-start gap-4 max-lg:grid-cols-1">
        <Panel title="Needs you" count={needs}>
          {needs === 0 ? (
            <Empty icon="approvals" title="Nothing needs you">
              Approvals that wait, runs that failed or stand still, and workers that are gone stand here.
            </Empty>
          ) : (
            <ul className="m-0 list-none p-0">
              {data.approvals.map((approval) => (
                <Line
                  key={`${approval.run} ${approval.node}`}
                  to={`/runs/${encodeURIComponent(approval.run)}?node=${encodeURIComponent(approval.node)}`}
                  mark={<StatusIcon status="AWAITING" />}
                  title={approval.run_name || approval.run}
                  about={`${approval.name}${approval.message ? `: ${approval.message}` : " waits for an answer"}`}
                  time={approval.since}
                />
              ))}
              {gone.map((worker) => (
                <Line key={worker.id} to="/workers" mark={<Icon name="workers" className="text-failed" />} title={worker.name} about="is gone; its tasks start again on another worker" time={worker.seen ?? null} />
              ))}
              {data.failed.map((run) => (
                <RunLine key={run.id} run={run} about={run.failed ? counted(run.failed, "failed task") : "failed"} time={run.finished ?? run.created} />
              ))}
              {data.held.map((run) => (
                <RunLine key={run.id} run={run} about={`${run.status.toLowerCase()}; resume it, or cancel it`} time={run.started ?? run.created} />
              ))}
            </ul>
          )}
        </Panel>
        <Panel title="Running" count={data.running.length} to="/runs?filter=status%3ARUNNING">
          {data.running.length === 0 ? (
            <Empty icon="running" title="Nothing runs">
              A run that starts shows up here with its bar.
            </Empty>
          ) : (
            <ul className="m-0 list-none p-0">
              {data.running.map((run) => (
                <li key={run.id} className="border-b border-line last:border-0">
                  <Link to={`/runs/${encodeURIComponent(run.id)}`} className="flex items-center gap-3 px-3 py-2 text-ink no-underline hover:bg-sunken focus-visible:outline-offset-[-2px]">
                    <StatusIcon status={run.status} />
                    <bdi title={run.name} className="min-w-0 flex-1 truncate font-[550]">
                      {run.name || run.id}
                    </bdi>
                    <span className="w-[26%]">
                      <Bar counts={{ total: run.total ?? 0, done: run.done ?? 0, failed: run.failed ?? 0 }} />
                    </span>
                    <span className="w-[92px] text-right text-muted max-sm:hidden" title={`${exact((run.done ?? 0) + (run.failed ?? 0))} of ${exact(run.total ?? 0)}`}>
                      {compact((run.done ?? 0) + (run.failed ?? 0))} / {compact(run.total ?? 0)}
                    </span>
                    <span className="w-[64px] text-right text-muted">
                      <Duration from={run.started} />
                    </span>
                  </Link>
                </li>
              ))}
            </ul>
          )}
        </Panel>
      </div>
      <Slowest stats={data.stats} />
    </div>
  );
}

function Tiles({ stats, running }: { stats: Schemas["Statistics"]; running: number }): ReactNode {
  const series = hours(stats);
  const ended = (stats.succeeded ?? 0) + (stats.failed ?? 0);
  const tiles: { title: string; figure: string; about: string; values: number[]; color: string; icon: IconName }[] = [
    { title: "Tasks ended", figure: compact(ended), about: `${running} ${running === 1 ? "run runs" : "runs run"} now`, values: series.map((hour) => (hour?.succeeded ?? 0) + (hour?.failed ?? 0)), color: "var(--bar-running)", icon: "succeeded" },
    { title: "Failed", figure: ended ? percent((stats.failed ?? 0) / ended) : "–", about: `${compact(stats.failed ?? 0)} failed, ${compact(stats.retried ?? 0)} tried again`, values: series.map((hour) => hour?.failed ?? 0), color: "var(--bar-failed)", icon: "failed" },
    { title: "p95 duration", figure: stats.duration?.p95 ? span(stats.duration.p95) : "–", about: stats.duration?.p50 ? `half take less than ${span(stats.duration.p50)}` : "no task has ended", values: series.map((hour) => hour?.duration?.p95 ?? 0), color: "var(--bar-waiting)", icon: "clock" },
    { title: "p95 wait", figure: stats.wait?.p95 ? span(stats.wait.p95) : "–", about: stats.lost ? `${counted(stats.lost, "task")} lost a worker` : "from the queue to a worker", values: series.map((hour) => hour?.wait?.p95 ?? 0), color: "var(--bar-quiet)", icon: "queued" },
  ];
  return (
    <div className="grid grid-cols-4 gap-4 max-lg:grid-cols-2 max-sm:gap-2">
      {tiles.map((tile) => (
        <Card key={tile.title} className="overflow-hidden">
          <div className="px-3 pt-[10px]">
            <div className="text-muted">{tile.title}</div>
            <div className="mt-px text-[22px] leading-7 font-[620] tracking-[-.02em]">{tile.figure}</div>
            <div className="mb-2 truncate text-sm text-faint">{tile.about}</div>
          </div>
          <Spark label={`${tile.title} by the hour`} values={tile.values} color={tile.color} />
        </Card>
      ))}
    </div>
  );
}

/** Each of the 24 hours; hours in which nothing was counted are not in the statistics. */
function hours(stats: Schemas["Statistics"]): (Schemas["HourStatistics"] | undefined)[] {
  const known = new Map((stats.series ?? []).map((hour) => [Math.floor(Date.parse(hour.hour) / 3_600_000), hour]));
  const last = Math.floor(Date.parse(stats.until) / 3_600_000);
  return Array.from({ length: 24 }, (_, index) => known.get(last - 23 + index));
}

function Panel({ title, count, to, children }: { title: string; count: number; to?: string; children: ReactNode }): ReactNode {
  return (
    <Card className="overflow-hidden">
      <header className="flex items-center gap-2 border-b border-line px-3 py-2">
        <h2 className="text-base font-[600]">{title}</h2>
        <span className="text-faint">{count || ""}</span>
        <span className="flex-1" />
        {to ? (
          <Link to={to} className="text-sm text-accent no-underline hover:underline">
            all
          </Link>
        ) : null}
      </header>
      <div className="max-h-[420px] overflow-y-auto">{children}</div>
    </Card>
  );
}

function RunLine({ run, about, time }: { run: RunView; about: string; time: string | null }): ReactNode {
  return <Line to={`/runs/${encodeURIComponent(run.id)}`} mark={<StatusIcon status={run.status} />} title={run.name || run.id} about={about} time={time} />;
}

function Line({ to, mark, title, about, time }: { to: string; mark: ReactNode; title: string; about: string; time: string | null }): ReactNode {
  return (
    <li className="border-b border-line last:border-0">
      <Link to={to} className="flex items-center gap-3 px-3 py-2 text-ink no-underline hover:bg-sunken focus-visible:outline-offset-[-2px]">
        {mark}
        <span className="min-w-0 flex-1 truncate">
          <bdi className="font-[550]">{title}</bdi> <bdi className="ml-1 text-muted">{about}</bdi>
        </span>
        <span className="shrink-0 text-muted">
          <Ago time={time} />
        </span>
      </Link>
    </li>
  );
}

function Slowest({ stats }: { stats: Schemas["Statistics"] }): ReactNode {
  const tasks = [...(stats.tasks ?? [])].sort((one, two) => (two.started ?? 0) - (one.started ?? 0)).slice(0, 8);
  if (!tasks.length) return null;
  const top = Math.max(...tasks.map((task) => task.started ?? 0), 1);
  return (
    <Card className="overflow-hidden">
      <header className="border-b border-line px-3 py-2">
        <h2 className="text-base font-[600]">Busiest tasks</h2>
      </header>
      <ul className="m-0 list-none p-0">
        {tasks.map((task) => (
          <li key={task.name} className="flex items-center gap-3 border-b border-line px-3 py-[7px] last:border-0">
            <Link to={`/runs?filter=${encodeURIComponent(`task:${task.name}`)}`} className="min-w-0 flex-1 truncate font-mono text-sm text-ink no-underline hover:underline">
              {task.name}
            </Link>
            <span className="w-[28%] max-sm:hidden">
              <i className="block h-[6px] rounded-full bg-[var(--bar-running)] opacity-70" style={{ width: `${(100 * (task.started ?? 0)) / top}%`, minWidth: 2 }} />
            </span>
            <span className="w-[76px] text-right">{compact(task.started ?? 0)}</span>
            <span className={`w-[84px] text-right ${task.failed ? "text-failed" : "text-faint"}`}>{task.failed ? `${compact(task.failed)} failed` : "0 failed"}</span>
            <span className="w-[86px] text-right text-muted max-sm:hidden" title="p95 of the durations">
              {task.duration?.p95 ? span(task.duration.p95) : "–"}
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
