import { useDeferredValue, useState, type ReactNode } from "react";
import { address } from "@/api/client";
import { ENDED } from "@/api/queries";
import { Button } from "@/parts/button";
import { FIELD, Menu } from "@/parts/dialog";
import { LogList } from "@/parts/log-list";
import { Card, Empty, ErrorState, Skeleton } from "@/parts/states";
import type { TabProps } from "./run-page";
import { useLogs, type Level } from "./use-logs";

export const LEVELS: Level[] = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];

export function LogsTab({ run, detail, node, onNode }: TabProps): ReactNode {
  const [level, setLevel] = useState<Level | "">("");
  const [search, setSearch] = useState("");
  const [ofNode, setOfNode] = useState(false);
  const [wrap, setWrap] = useState(false);
  const [paused, setPaused] = useState(false);
  const word = useDeferredValue(search.trim());
  const question = { level: level || undefined, search: word || undefined, node: ofNode && node ? node : undefined };
  const { lines, pending, error, retry } = useLogs(run, question, !paused && !ENDED.has(detail.run.status));
  const link = (form: "jsonl" | "text"): void => location.assign(address("/api/runs/{run}/logs/export", { run }, { ...question, form }));
  return (
    <Card className="overflow-hidden">
      <div className="flex flex-wrap items-center gap-2 border-b border-line px-2 py-[6px]">
        <select aria-label="Lowest level" className={`${FIELD} w-auto`} value={level} onChange={(event) => setLevel(event.target.value as Level | "")}>
          <option value="">All levels</option>
          {LEVELS.slice(1).map((each) => (
            <option key={each} value={each}>
              {each} and above
            </option>
          ))}
        </select>
        <input type="search" data-shortcut="search" aria-label="Search the logs" placeholder="Search" className={`${FIELD} w-[220px] max-sm:w-full`} value={search} onChange={(event) => setSearch(event.target.value)} />
        {node ? (
          <Button aria-pressed={ofNode} kind={ofNode ? "primary" : "plain"} onClick={() => setOfNode(!ofNode)}>
            Only this node
          </Button>
        ) : null}
        <span className="flex-1" />
        <Button icon="wrap" aria-label="Wrap long lines" aria-pressed={wrap} kind={wrap ? "primary" : "plain"} onClick={() => setWrap(!wrap)} />
        <Button icon={paused ? "play" : "suspended"} onClick={() => setPaused(!paused)}>
          {paused ? "Go on" : "Pause"}
        </Button>
        <Menu
          label="Export"
          trigger={<Button icon="download" aria-label="Export" />}
          items={[
            { label: "JSON Lines", onSelect: () => link("jsonl") },
            { label: "Text", onSelect: () => link("text") },
          ]}
        />
      </div>
      {pending ? (
        <Skeleton rows={10} height={20} />
      ) : error ? (
        <ErrorState error={error} retry={retry} />
      ) : (
        <LogList
          lines={lines}
          search={word}
          wrap={wrap}
          follow={!paused}
          onNode={(line) => onNode(line.node ?? null)}
          height="58vh"
          empty={
            <Empty icon="logs" title={word || level ? "No line matches" : "Nothing was logged yet"}>
              {word || level ? null : "What the tasks of this run log or print stands here while they run."}
            </Empty>
          }
        />
      )}
    </Card>
  );
}
