/** The tail of everything that runs: the logs of the runs that match a filter, in one list by time. */
import { useDeferredValue, useState, type ReactNode } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { problemOf } from "@/api/problem";
import { download } from "@/graph/export";
import { LEVELS } from "@/pages/run/logs-tab";
import type { Level } from "@/pages/run/use-logs";
import { PageHead } from "@/pages/shell/page-head";
import { Button } from "@/parts/button";
import { FIELD } from "@/parts/dialog";
import { FilterBar } from "@/parts/filter-bar";
import { RUN_FIELDS } from "@/parts/filter-language";
import { counted } from "@/parts/format";
import { LogList } from "@/parts/log-list";
import { Card, Empty, Note, Skeleton } from "@/parts/states";
import { Switch } from "@/parts/switch";
import { useEverywhere, useLive } from "./log-lines";

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
  const everywhere = place.get("runs") === "all";
  const question = { level: level || undefined, search: word || undefined };
  const live = useLive(filter, question, paused, !everywhere);
  const found = useEverywhere(filter, question, paused, everywhere);
  const { lines: all, pending } = everywhere ? found : live;
  const about = everywhere ? (found.more ? `the newest ${counted(all.length, "line")}` : counted(all.length, "line")) : all.length ? `${counted(all.length, "line")} of the newest ${counted(live.runs, "run")} that match` : null;
  return (
    <>
      <PageHead title="Logs" about={about}>
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
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <Switch label="Which runs" options={["Newest runs, live", "All runs"]} chosen={everywhere ? 1 : 0} onChoose={(index) => put("runs", index ? "all" : "")} />
        <FilterBar value={filter} onChange={(value) => put("filter", value)} fields={RUN_FIELDS} label="Filter the runs" />
        <select aria-label="Lowest level" className={`${FIELD} h-[34px]! w-auto`} value={level} onChange={(event) => put("level", event.target.value)}>
          <option value="">All levels</option>
          {LEVELS.slice(1).map((each) => (
            <option key={each} value={each}>
              {each} and above
            </option>
          ))}
        </select>
        <input type="search" aria-label="Search the lines" placeholder={everywhere ? 'words, "a phrase", begin*' : "Search the lines"} className={`${FIELD} h-[34px]! w-[240px] max-sm:w-full`} value={search} onChange={(event) => put("search", event.target.value)} />
      </div>
      {everywhere && found.incomplete ? (
        <div className="mb-3">
          <Note tone="suspended">{found.incomplete}</Note>
        </div>
      ) : null}
      {everywhere && found.error ? (
        <div className="mb-3">
          <Note tone="failed">{problemOf(found.error).detail || problemOf(found.error).title}</Note>
        </div>
      ) : null}
      <Card className="overflow-hidden">
        {everywhere && found.more ? (
          <div className="border-b border-line px-3 py-1 text-center">
            <Button small kind="quiet" busy={found.busy} onClick={found.older}>
              Older lines
            </Button>
          </div>
        ) : null}
        {pending && all.length === 0 ? (
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
