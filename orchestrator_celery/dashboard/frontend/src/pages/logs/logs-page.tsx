/** The tail of everything that runs: the logs of the runs that match a filter, in one list by time. */
import { useQueries, useQuery } from "@tanstack/react-query";
import { useDeferredValue, useMemo, useRef, useState, type ReactNode } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { get } from "@/api/client";
import { useFresh } from "@/api/queries";
import { download } from "@/graph/export";
import { LEVELS } from "@/pages/run/logs-tab";
import { KEPT, type Level } from "@/pages/run/use-logs";
import { PageHead } from "@/pages/shell/page-head";
import { Button } from "@/parts/button";
import { FIELD } from "@/parts/dialog";
import { FilterBar } from "@/parts/filter-bar";
import { RUN_FIELDS } from "@/parts/filter-language";
import { counted } from "@/parts/format";
import { LogList, type LogLine } from "@/parts/log-list";
import { Card, Empty, Skeleton } from "@/parts/states";
import { merged } from "./merge";

/** Runs whose lines are followed at once: the newest that match. */
const FOLLOWED = 12;

export default function LogsPage(): ReactNode {
  const [place, setPlace] = useSearchParams();
  const navigate = useNavigate();
  const filter = place.get("filter") ?? "";
  const level = (place.get("level") ?? "") as Level | "";
  const search = place.get("search") ?? "";
  const word = useDeferredValue(search.trim());
  const [wrap, setWrap] = useState(false);
  const [paused, setPaused] = useState(false);
  const put = (name: string, value: string): void =>
    setPlace(
      (before) => {
        const params = new URLSearchParams(before);
        if (value) params.set(name, value);
        else params.delete(name);
        return params;
      },
      { replace: true },
    );
  useFresh("runs", ["logs", "followed"], 2000);
  const runs = useQuery({ queryKey: ["logs", "followed", filter], queryFn: ({ signal }) => get("/api/runs", {}, { filter, limit: FOLLOWED }, signal), refetchInterval: paused ? false : 3000 });
  const question = { level: level || undefined, search: word || undefined };
  const lines = useQueries({
    queries: (runs.data?.runs ?? []).map((run) => ({
      queryKey: ["logs", "tail", run.id, question],
      queryFn: ({ signal }: { signal: AbortSignal }) => get("/api/runs/{run}/logs", { run: run.id }, { ...question, tail: true, limit: 500 }, signal),
      refetchInterval: paused || run.finished ? (false as const) : 1500,
      staleTime: run.finished ? 60_000 : 1000,
    })),
    combine: (answers) => ({ pending: answers.some(({ isPending }) => isPending), pages: answers.map(({ data }) => data?.lines) }),
  });
  const known = useRef<{ key: string; lines: LogLine[] }>({ key: "", lines: [] });
  const all = useMemo(() => {
    const key = JSON.stringify([filter, question]);
    const before = known.current.key === key ? known.current.lines : [];
    const next = merged(
      before,
      lines.pages.flatMap((page) => page ?? []),
      KEPT,
    );
    known.current = { key, lines: next };
    return next;
    // The question is part of the key.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [lines.pages, filter, level, word]);
  return (
    <>
      <PageHead title="Logs" about={all.length ? `${counted(all.length, "line")} of the newest ${counted(runs.data?.runs.length ?? 0, "run")} that match` : null}>
        <Button icon="wrap" aria-label="Wrap long lines" aria-pressed={wrap} kind={wrap ? "primary" : "plain"} onClick={() => setWrap(!wrap)} />
        <Button icon={paused ? "play" : "suspended"} onClick={() => setPaused(!paused)}>
          {paused ? "Go on" : "Pause"}
        </Button>
        <Button
          icon="download"
          disabled={!all.length}
          aria-label="Export what is shown"
          onClick={() => download("logs.jsonl", new Blob([all.map((line) => JSON.stringify(line)).join("\n")], { type: "application/x-ndjson" }))}
        />
      </PageHead>
      <div className="mb-3 flex flex-wrap items-start gap-2">
        <FilterBar value={filter} onChange={(value) => put("filter", value)} fields={RUN_FIELDS} label="Filter the runs" />
        <select aria-label="Lowest level" className={`${FIELD} h-[34px]! w-auto`} value={level} onChange={(event) => put("level", event.target.value)}>
          <option value="">All levels</option>
          {LEVELS.slice(1).map((each) => (
            <option key={each} value={each}>
              {each} and above
            </option>
          ))}
        </select>
        <input type="search" aria-label="Search the lines" placeholder="Search the lines" className={`${FIELD} h-[34px]! w-[240px] max-sm:w-full`} value={search} onChange={(event) => put("search", event.target.value)} />
      </div>
      <Card className="overflow-hidden">
        {runs.isPending || (lines.pending && all.length === 0) ? (
          <Skeleton rows={14} height={20} />
        ) : (
          <LogList
            lines={all}
            search={word}
            wrap={wrap}
            follow={!paused}
            showRun
            height="calc(100dvh - 170px)"
            onNode={(line) => void navigate(`/runs/${encodeURIComponent(line.run ?? "")}?tab=logs&node=${encodeURIComponent(line.node ?? "")}`)}
            empty={
              <Empty icon="logs" title={word || level || filter ? "No line matches" : "Nothing was logged yet"}>
                What tasks log, through any logger or by <code>print</code>, stands here while they run.
              </Empty>
            }
          />
        )}
      </Card>
    </>
  );
}
