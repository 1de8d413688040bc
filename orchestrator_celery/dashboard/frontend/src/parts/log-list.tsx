/** A list of log lines of any length: only what is on the screen is drawn, so 1,000 lines a second do not freeze it. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { Button } from "./button";
import { clockTime, counted, exactTime } from "./format";

export interface LogLine {
  id: string;
  time: string;
  level: string;
  logger?: string;
  message: string;
  exception?: string;
  run?: string;
  node?: string;
  task?: string;
  attempt?: number;
  worker?: string;
}

const LEVELS: Record<string, string> = {
  DEBUG: "text-faint",
  INFO: "text-running",
  WARNING: "text-suspended",
  ERROR: "text-failed",
  CRITICAL: "text-failed font-[700]",
};

export interface LogListProps {
  lines: readonly LogLine[];
  search?: string;
  wrap?: boolean;
  /** Keeps the newest line in view until somebody scrolls up. */
  follow?: boolean;
  onNode?: (line: LogLine) => void;
  showRun?: boolean;
  height?: number | string;
  empty?: ReactNode;
}

export function LogList({ lines, search = "", wrap = false, follow = true, onNode, showRun = false, height = "60vh", empty }: LogListProps): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const [pinned, setPinned] = useState(follow);
  const [seen, setSeen] = useState(lines.length);
  const words = useMemo(() => searchWords(search), [search]);
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => 20,
    overscan: 20,
    getItemKey: (index) => `${lines[index]?.run ?? ""}${lines[index]?.id ?? index}`,
  });
  useLayoutEffect(() => {
    if (pinned && lines.length) rows.scrollToIndex(lines.length - 1, { align: "end" });
  }, [pinned, lines, rows, wrap]);
  useEffect(() => {
    if (pinned) setSeen(lines.length);
  }, [pinned, lines.length]);

  // Only a person lets go of the newest line: the list scrolls by itself while rows are measured.
  const moved = useRef(0);
  const onMove = (): void => {
    moved.current = Date.now();
  };
  const onScroll = (): void => {
    const view = box.current;
    if (!view || !follow) return;
    if (view.scrollHeight - view.scrollTop - view.clientHeight < 24) setPinned(true);
    else if (Date.now() - moved.current < 1000) setPinned(false);
  };
  if (lines.length === 0 && empty) return empty;
  const behind = Math.max(0, lines.length - seen);
  return (
    <div className="relative">
      <div
        ref={box}
        onScroll={onScroll}
        onWheel={onMove}
        onTouchMove={onMove}
        onKeyDown={onMove}
        onPointerDown={onMove}
        onPointerMove={(event) => (event.buttons ? onMove() : undefined)}
        tabIndex={0}
        role="log"
        aria-label="Log lines"
        aria-live="off"
        style={{ height }}
        className="overflow-auto bg-surface font-mono text-[11.5px] leading-5"
      >
        <div style={{ height: rows.getTotalSize(), minWidth: "100%", width: wrap ? "100%" : "max-content" }} className="relative">
          {rows.getVirtualItems().map((row) => {
            const line = lines[row.index];
            return line ? (
              <div
                key={row.key}
                data-index={row.index}
                ref={rows.measureElement}
                style={{ transform: `translateY(${row.start}px)` }}
                className={`absolute top-0 left-0 flex w-full min-w-max items-start gap-3 px-3 hover:bg-sunken ${line.level === "ERROR" || line.level === "CRITICAL" ? "bg-failed-soft/50" : ""} ${wrap ? "min-w-0!" : ""}`}
              >
                <LogRow line={line} words={words} wrap={wrap} showRun={showRun} onNode={onNode} />
              </div>
            ) : null;
          })}
        </div>
      </div>
      {follow && !pinned ? (
        <Button small className="absolute right-4 bottom-3 shadow-float" icon="arrowDown" onClick={() => setPinned(true)}>
          {behind ? `${counted(behind, "new line")}` : "To the newest"}
        </Button>
      ) : null}
    </div>
  );
}

function LogRow({ line, words, wrap, showRun, onNode }: { line: LogLine; words: string[]; wrap: boolean; showRun: boolean; onNode: LogListProps["onNode"] }): ReactNode {
  const where = [line.task, line.attempt && line.attempt > 1 ? `attempt ${line.attempt}` : "", line.worker].filter(Boolean).join(" · ");
  return (
    <>
      <time dateTime={line.time} title={exactTime(line.time)} className="shrink-0 text-faint">
        {clockTime(line.time)}
      </time>
      <span className={`w-[58px] shrink-0 ${LEVELS[line.level] ?? "text-muted"}`}>{line.level}</span>
      {line.node ? (
        <button type="button" title={where} disabled={!onNode} onClick={() => onNode?.(line)} className="max-w-[150px] shrink-0 truncate text-muted enabled:hover:text-accent enabled:hover:underline max-sm:hidden">
          {showRun && line.run ? `${line.run.slice(0, 8)} ` : ""}
          {line.task ? (line.task.split(".").at(-1) ?? line.task) : line.node}
        </button>
      ) : null}
      <span dir="auto" className={wrap ? "min-w-0 flex-1 whitespace-pre-wrap [overflow-wrap:anywhere]" : "whitespace-pre"}>
        {marked(line.message, words)}
        {line.exception ? <span className="block whitespace-pre text-failed">{marked(line.exception.trimEnd(), words)}</span> : null}
      </span>
    </>
  );
}

/** The words to highlight: what a full-text search looks for, without its operators. */
export function searchWords(search: string): string[] {
  return [...search.matchAll(/"([^"]+)"|(\S+)/g)]
    .map((match) => (match[1] ?? match[2] ?? "").replace(/\*+$/, ""))
    .filter((word) => word.length > 1 && !/^(AND|OR|NOT)$/.test(word))
    .slice(0, 8);
}

export function marked(text: string, words: string[]): ReactNode {
  if (!words.length) return text;
  const pattern = new RegExp(`(${words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})`, "gi");
  return text.split(pattern).map((part, index) => (index % 2 ? <mark key={index}>{part}</mark> : part));
}
