/** When each node waited and ran: virtual rows, a window with a brush, gaps that can be shortened, a live edge. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState, type PointerEvent, type ReactNode } from "react";
import { get } from "@/api/client";
import { ENDED, usePace } from "@/api/queries";
import { Button } from "@/parts/button";
import { exactTime, span } from "@/parts/format";
import { Card, Empty, ErrorState, Skeleton } from "@/parts/states";
import { statusLook, StatusIcon } from "@/parts/status";
import { useNow } from "@/parts/time";
import type { TabProps } from "./run-page";
import { boundsOf, density, rowsOf, scaleOf, ticks, type Bounds, type Row, type Scale } from "./timeline-model";

const NAMES = "grid-cols-[200px_minmax(0,1fr)] max-sm:grid-cols-[110px_minmax(0,1fr)]";
/** Rows that are read at once; more on demand, so that a swarm of a million does not fill the memory of a tab. */
const PAGES_AT_ONCE = 12;

export default function TimelineTab({ run, detail, node, onNode, compact = false }: TabProps & { compact?: boolean }): ReactNode {
  const ended = ENDED.has(detail.run.status);
  const pace = usePace(2500);
  const pages = useInfiniteQuery({
    queryKey: ["run", run, "timeline"],
    queryFn: ({ signal, pageParam }) => get("/api/runs/{run}/timeline", { run }, { limit: 1000, ...(pageParam ? { cursor: pageParam } : {}) }, signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: ({ state: { data } }) => (ended || (data?.pages.length ?? 0) > 2 ? false : pace),
  });
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = pages;
  const read = pages.data?.pages.length ?? 0;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && read < PAGES_AT_ONCE && !compact) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, read, compact]);
  const rows = useMemo(() => rowsOf((pages.data?.pages ?? []).flatMap((page) => page.nodes)), [pages.data]);
  const begun = rows.some((row) => row.started !== null || row.queued !== null);
  if (pages.isPending) return compact ? null : <Skeleton rows={8} height={26} />;
  if (pages.error && !pages.data) return compact ? null : <ErrorState error={pages.error} retry={() => void pages.refetch()} />;
  if (!begun)
    return compact ? null : (
      <Card>
        <Empty icon="clock" title="Nothing has started yet">
          When tasks of this run wait and run stands here.
        </Empty>
      </Card>
    );
  return (
    <Card className="overflow-hidden">
      <Chart rows={rows} live={!ended} node={node} onNode={onNode} compact={compact} />
      {hasNextPage && read >= PAGES_AT_ONCE && !compact ? (
        <div className="border-t border-line p-2">
          <Button small busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Read more rows
          </Button>
        </div>
      ) : null}
    </Card>
  );
}

function Chart({ rows, live, node, onNode, compact }: { rows: Row[]; live: boolean; node: string | null; onNode: TabProps["onNode"]; compact: boolean }): ReactNode {
  const tick = useNow();
  // A run that has ended stands still.
  const now = live ? tick : 0;
  const bounds = useMemo(() => boundsOf(rows, now), [rows, now]);
  const [short, setShort] = useState(false);
  const [zoom, setZoom] = useState<Bounds | null>(null);
  const scale = useMemo(() => scaleOf(rows, bounds, short, now), [rows, bounds, short, now]);
  const shown = zoom ?? { from: 0, to: 1 };
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => 25, overscan: 15 });
  const at = (time: number): number => ((scale.at(time) - shown.from) / (shown.to - shown.from)) * 100;
  return (
    <div>
      <div className={`grid ${NAMES} items-stretch border-b border-line px-3 py-2`}>
        <div className="flex items-center gap-1">
          <Button small kind={short ? "primary" : "quiet"} aria-pressed={short} onClick={() => setShort(!short)}>
            Shorten gaps
          </Button>
          {zoom ? (
            <Button small kind="quiet" onClick={() => setZoom(null)}>
              All
            </Button>
          ) : null}
        </div>
        <Brush rows={rows} scale={scale} now={now} shown={shown} onChange={setZoom} />
      </div>
      <div className={`grid ${NAMES} px-3 pt-1`}>
        <div />
        <Axis scale={scale} bounds={bounds} shown={shown} live={live} />
      </div>
      <div
        ref={box}
        className="overflow-x-hidden overflow-y-auto px-3 pb-2"
        style={{ maxHeight: compact ? 300 : "58vh" }}
        tabIndex={0}
        role="group"
        aria-label="Timeline of the nodes"
        onWheel={(event) => {
          if (!event.ctrlKey) return;
          const lane = event.currentTarget.getBoundingClientRect();
          const share = shown.from + ((event.clientX - lane.left - 212) / Math.max(1, lane.width - 224)) * (shown.to - shown.from);
          setZoom(zoomed(shown, share, event.deltaY > 0 ? 1.25 : 0.8));
        }}
      >
        <div className="relative" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start, key }) => {
            const row = rows[index];
            return row ? (
              <div key={key} style={{ transform: `translateY(${start}px)` }} className={`absolute inset-x-0 grid h-[25px] ${NAMES} items-center rounded-sm ${row.id === node ? "bg-accent-soft" : "hover:bg-sunken"}`}>
                <button
                  type="button"
                  data-node={row.id}
                  style={{ paddingLeft: `calc(${Math.min(row.depth, 8)} * var(--step))` }}
                  className="flex min-w-0 items-center gap-[6px] pr-2 text-left text-sm [--step:12px] focus-visible:outline-offset-[-2px] max-sm:[--step:5px]"
                  onClick={() => onNode(row.id)}
                >
                  <StatusIcon status={row.state} size={11} />
                  <bdi className="truncate" title={`${row.name} ${row.id}`}>
                    {row.name}
                  </bdi>
                </button>
                <Lane row={row} at={at} now={now || bounds.to} />
              </div>
            ) : null;
          })}
        </div>
      </div>
    </div>
  );
}

function zoomed({ from, to }: Bounds, share: number, factor: number): Bounds | null {
  const width = Math.max(0.0005, (to - from) * factor);
  if (width >= 1) return null;
  const left = Math.min(Math.max(0, share - ((share - from) / (to - from)) * width), 1 - width);
  return { from: left, to: left + width };
}

function Lane({ row, at, now }: { row: Row; at: (time: number) => number; now: number }): ReactNode {
  const look = statusLook(row.state);
  const started = row.started === null ? null : at(row.started);
  const finished = row.started === null ? null : at(row.finished ?? now);
  const queued = row.queued === null ? null : at(row.queued);
  const waited = queued === null ? null : { left: queued, right: started ?? (row.state === "QUEUED" ? at(now) : queued) };
  const composite = !["task", "approval"].includes(row.kind);
  const words = [
    row.name,
    row.state,
    row.started === null ? "" : `started ${exactTime(row.started)}`,
    row.queued !== null && row.started !== null ? `waited ${span((row.started - row.queued) / 1000)}` : "",
    row.started === null ? "" : `took ${span(((row.finished ?? now) - row.started) / 1000)}`,
    row.attempts > 1 ? `attempt ${row.attempts}` : "",
    row.worker ?? "",
  ].filter(Boolean);
  return (
    <div className="relative h-full overflow-hidden border-l border-line" title={words.join("\n")}>
      {waited && waited.right > waited.left ? <i className="absolute top-[11px] h-[3px] bg-line-strong" style={{ left: `${waited.left}%`, width: `${waited.right - waited.left}%` }} /> : null}
      {started !== null && finished !== null ? (
        <i
          className={`absolute rounded-[3px] ${row.state === "AWAITING" ? "hatched border border-current" : ""} ${composite ? "top-[9px] h-[7px] opacity-55" : "top-[7px] h-[11px]"}`}
          style={{ left: `${started}%`, width: `max(2px, ${finished - started}%)`, color: look.color, ...(row.state === "AWAITING" ? {} : { background: look.color }) }}
        />
      ) : null}
    </div>
  );
}

function Axis({ scale, bounds, shown, live }: { scale: Scale; bounds: Bounds; shown: Bounds; live: boolean }): ReactNode {
  const from = scale.back(shown.from);
  const to = scale.back(shown.to);
  const step = ticks((to - from) / 1000) * 1000;
  const marks: number[] = [];
  for (let at = Math.ceil((from - bounds.from) / step) * step; at <= to - bounds.from && marks.length < 40; at += step) marks.push(at);
  // Marks inside a shortened gap would lie on each other.
  const places = marks
    .map((at) => ({ at, left: ((scale.at(bounds.from + at) - shown.from) / (shown.to - shown.from)) * 100 }))
    .filter(({ left }, index, all) => index === 0 || left - (all[index - 1]?.left ?? 0) > 5);
  return (
    <div className="relative h-4 text-xs text-faint" aria-hidden>
      {places.map(({ at, left }) => (left < (live ? 82 : 94) ? (
        <span key={at} className="absolute whitespace-nowrap" style={{ left: `${left}%` }}>
          {at === 0 ? "0 s" : span(at / 1000)}
        </span>
      ) : null))}
      {live && shown.to === 1 ? <span className="absolute right-0">now</span> : null}
    </div>
  );
}

/** The whole run in small; dragging over it chooses the window. */
function Brush({ rows, scale, now, shown, onChange }: { rows: Row[]; scale: Scale; now: number; shown: Bounds; onChange: (zoom: Bounds | null) => void }): ReactNode {
  const counts = useMemo(() => density(rows, scale, now), [rows, scale, now]);
  const top = Math.max(1, ...counts);
  const drag = useRef<number | null>(null);
  const share = (event: PointerEvent): number => {
    const place = event.currentTarget.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - place.left) / place.width));
  };
  return (
    <div
      role="slider"
      tabIndex={0}
      aria-label="Window of the timeline"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(shown.from * 100)}
      aria-valuetext={`${Math.round(shown.from * 100)} % to ${Math.round(shown.to * 100)} %`}
      className="relative h-7 cursor-crosshair touch-none rounded-sm bg-sunken"
      onKeyDown={(event) => {
        const move = { ArrowLeft: -0.1, ArrowRight: 0.1 }[event.key];
        const width = shown.to - shown.from;
        if (move) {
          const from = Math.min(1 - width, Math.max(0, shown.from + move * width));
          onChange(width >= 1 ? null : { from, to: from + width });
        } else if (event.key === "+" || event.key === "-") onChange(zoomed(shown, (shown.from + shown.to) / 2, event.key === "+" ? 0.7 : 1.4));
        else if (event.key === "Escape") onChange(null);
        else return;
        event.preventDefault();
      }}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        drag.current = share(event);
      }}
      onPointerMove={(event) => {
        if (drag.current === null) return;
        const at = share(event);
        const [from, to] = at < drag.current ? [at, drag.current] : [drag.current, at];
        if (to - from > 0.004) onChange({ from, to });
      }}
      onPointerUp={(event) => {
        // A click without a drag shows the whole again.
        if (drag.current !== null && Math.abs(share(event) - drag.current) <= 0.004) onChange(null);
        drag.current = null;
      }}
    >
      <svg viewBox={`0 0 ${counts.length} 28`} preserveAspectRatio="none" className="absolute inset-0 h-full w-full" aria-hidden>
        {counts.map((count, index) => (count ? <rect key={index} x={index} width="1.05" y={28 - (26 * count) / top} height={(26 * count) / top} fill="var(--bar-running)" opacity=".45" /> : null))}
      </svg>
      {shown.to - shown.from < 1 ? (
        <i className="absolute inset-y-0 rounded-sm border border-accent bg-accent/15" style={{ left: `${shown.from * 100}%`, width: `${(shown.to - shown.from) * 100}%` }} />
      ) : null}
    </div>
  );
}
