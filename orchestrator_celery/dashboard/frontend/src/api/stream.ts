/**
 * One event stream for the whole page. Pages say what they look at (`runs`, `run:ID`, `logs:ID`, `stats`, `workers`,
 * `audit`); a message of the stream only says that something of a topic changed, so a page reads it again. Nothing is
 * ever counted twice, and a lost message costs nothing once a gap was seen. `server/live/stream.py` has the other end.
 */
import { useEffect, useSyncExternalStore } from "react";
import { address } from "./client";

export type Connection = "connecting" | "live" | "away" | "polling";

type Listener = () => void;

const topics = new Map<string, Set<Listener>>();
const watchers = new Set<Listener>();
let source: EventSource | null = null;
let connection: Connection = "connecting";
let asked = "";
/** The id of the last message: where the next stream goes on after this one broke. */
let place = "";
let failures = 0;
let retry: ReturnType<typeof setTimeout> | undefined;
let soon: ReturnType<typeof setTimeout> | undefined;

function become(next: Connection): void {
  if (next === connection) return;
  connection = next;
  for (const watcher of watchers) watcher();
}

/** Tells everybody to read again: after a gap, a reconnection, a night of sleep. */
function readAgain(): void {
  for (const listeners of topics.values()) for (const listener of listeners) listener();
}

function changed(topic: string): void {
  for (const listener of topics.get(topic) ?? []) listener();
}

/** What all pages look at. A comma in an id is no comma between topics. */
function wanted(): string {
  const names = [...topics.keys()].map((topic) => topic.replace(/[%,]/g, encodeURIComponent));
  return names.sort().join(",");
}

function connect(): void {
  clearTimeout(retry);
  source?.close();
  source = null;
  const next = wanted();
  // The server tells what changed while the stream was broken; of new topics it tells the last seconds by itself.
  const after = next === asked ? place : "";
  asked = next;
  if (!asked) return;
  const opened = new EventSource(address("/api/stream", {}, { topics: asked, after }));
  source = opened;
  opened.onopen = () => {
    const was = connection;
    failures = 0;
    become("live");
    if (was === "away") readAgain();
  };
  for (const kind of ["changed", "gap"]) opened.addEventListener(kind, (event) => onMessage(event as MessageEvent<string>));
  opened.onerror = () => {
    if (opened !== source) return;
    // The browser tries again by itself only after some errors; this does after all of them.
    opened.close();
    source = null;
    failures += 1;
    void probe();
  };
}

function onMessage(message: MessageEvent<string>): void {
  place = message.lastEventId || place;
  if (message.type === "gap") readAgain();
  else for (const topic of (JSON.parse(message.data) as { topics: string[] }).topics) changed(topic);
}

/** After a failed stream: is the server away, or does it have no stream? Then pages ask now and then. */
async function probe(): Promise<void> {
  let next: Connection = "away";
  try {
    const answer = await fetch(address("/api/session"), { credentials: "same-origin" });
    if (answer.ok) next = "polling";
  } catch {
    next = "away";
  }
  const was = connection;
  become(next);
  if (was === "away" && next === "polling") readAgain();
  const wait = next === "polling" ? 30_000 : Math.min(10_000, 500 * 2 ** Math.min(failures, 5));
  retry = setTimeout(connect, wait * (0.75 + Math.random() / 2));
}

function follow(topic: string, listener: Listener): () => void {
  const listeners = topics.get(topic) ?? new Set();
  listeners.add(listener);
  topics.set(topic, listeners);
  schedule();
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0 && topics.get(topic) === listeners) topics.delete(topic);
    schedule();
  };
}

/** One new stream for all topics that a page adds while it is drawn. */
function schedule(): void {
  clearTimeout(soon);
  soon = setTimeout(() => {
    if (wanted() !== asked) connect();
  }, 50);
}

// A laptop that slept for a day reads again at once, whatever the stream believes.
let hidden = 0;
document.addEventListener("visibilitychange", () => {
  if (document.hidden) hidden = Date.now();
  else if (Date.now() - hidden > 60_000) {
    readAgain();
    if (source === null) connect();
  }
});
addEventListener("online", () => {
  if (source === null) connect();
});

export function useConnection(): Connection {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => connection,
  );
}

/** Calls a function when something of a topic changed: at once, then at most once in `every` milliseconds. */
export function useTopic(topic: string, onChange: () => void, every = 400): void {
  useEffect(() => {
    if (!topic) return;
    let last = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const listener = (): void => {
      if (timer !== undefined) return;
      timer = setTimeout(
        () => {
          timer = undefined;
          last = Date.now();
          onChange();
        },
        Math.max(0, last + every - Date.now()),
      );
    };
    const stop = follow(topic, listener);
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [topic, onChange, every]);
}
