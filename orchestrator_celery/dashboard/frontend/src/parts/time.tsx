/** Times that stay true while a page is open. One timer serves all of them. */
import { useSyncExternalStore, type ReactNode } from "react";
import { ago, compact, exact, exactTime, span } from "./format";

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let now = Date.now();
// Milliseconds that the store's clock is ahead of the viewer's; set from the answers of the server.
let offset = 0;

function tick(): void {
  now = Date.now() + offset;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    now = Date.now() + offset;
    timer = setInterval(tick, 1000);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** Takes over the server's clock, so that a viewer whose clock is wrong still reads right ages. */
export function setServerTime(time: number): void {
  const found = time - Date.now();
  if (Math.abs(found - offset) > 1500) {
    offset = found;
    tick();
  }
}

export function serverNow(): number {
  return Date.now() + offset;
}

/** The time now, which changes every second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now, () => now);
}

export function Ago({ time }: { time: string | null | undefined }): ReactNode {
  return time ? <Since time={time} /> : <span className="text-faint">–</span>;
}

function Since({ time }: { time: string }): ReactNode {
  const at = useNow();
  return (
    <time dateTime={time} title={exactTime(time)} className="whitespace-nowrap">
      {ago(new Date(time).getTime(), at)}
    </time>
  );
}

/** How long something took, or takes: between two times, or a number of seconds. */
export function Duration({
  from,
  to,
  seconds,
}: {
  from?: string | null | undefined;
  to?: string | null | undefined;
  seconds?: number | null | undefined;
}): ReactNode {
  if (seconds !== undefined && seconds !== null) return <Span seconds={seconds} />;
  if (!from) return <span className="text-faint">–</span>;
  if (to) return <Span seconds={(Date.parse(to) - Date.parse(from)) / 1000} />;
  return <Running from={from} />;
}

function Running({ from }: { from: string }): ReactNode {
  const at = useNow();
  const seconds = (at - Date.parse(from)) / 1000;
  // Tenths of a second would only flicker.
  return <span title={`since ${exactTime(from)}`}>{span(seconds < 10 ? Math.max(0, Math.floor(seconds)) || 0.001 : seconds)}</span>;
}

function Span({ seconds }: { seconds: number }): ReactNode {
  return (
    <span title={`${seconds.toFixed(3)} s`} className="whitespace-nowrap">
      {span(seconds)}
    </span>
  );
}

/** Counts down to a time; says what is so afterwards. */
export function Countdown({ until, over }: { until: string; over: string }): ReactNode {
  const at = useNow();
  const seconds = (Date.parse(until) - at) / 1000;
  return (
    <time dateTime={until} title={exactTime(until)} className={seconds < 300 ? "text-failed" : ""}>
      {seconds > 0 ? span(Math.floor(seconds) || 1) : over}
    </time>
  );
}

export function Num({ value }: { value: number }): ReactNode {
  return <span title={exact(value)}>{compact(value)}</span>;
}
