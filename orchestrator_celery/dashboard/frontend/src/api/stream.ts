/**
 * One event stream for the whole page. Pages say what they look at (`runs`, `run:ID`, `logs:ID`, `stats`, `workers`,
 * `audit`); a message of the stream only says that something of a topic changed, so a page reads it again. Nothing is
 * ever counted twice, and a lost message costs nothing once a gap was seen. `server/live/stream.py` has the other end.
 *
 * Only messages prove that a stream is live: a proxy that buffers opens it and passes nothing on, and a connection that
 * died while a laptop slept stays open for minutes. Without messages, pages ask now and then.
 */
import { useEffect, useSyncExternalStore } from "react";
import { address, sayLoggedOut } from "./client";
import { serverNow } from "@/parts/time";

/** `ended`: nobody is logged in any more, so pages ask nothing until somebody is. */
export type Connection = "connecting" | "live" | "away" | "polling" | "ended";

type Listener = () => void;

/** Milliseconds: until the first message, between two messages (the server sends one every 15 seconds), and of its age. */
const FIRST = 5_000;
const SILENCE = 40_000;
const OLD = 20_000;
/** Milliseconds between two looks at the clock; a longer gap was a sleep. Hidden tabs have a look once a minute. */
const LOOK = 10_000;
const SLEEP = 120_000;

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
let silence: ReturnType<typeof setTimeout> | undefined;

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

function close(): void {
  clearTimeout(retry);
  clearTimeout(silence);
  source?.close();
  source = null;
}

function connect(): void {
  close();
  const next = wanted();
  // The server tells what changed while the stream was broken; of new topics it tells the last seconds by itself.
  const after = next === asked ? place : "";
  asked = next;
  if (!asked || connection === "ended") return;
  const opened = new EventSource(address("/api/stream", {}, { topics: asked, after }));
  source = opened;
  silence = setTimeout(() => become(connection === "away" ? "away" : "polling"), FIRST);
  for (const kind of ["changed", "gap", "alive"]) opened.addEventListener(kind, (event) => onMessage(opened, event as MessageEvent<string>));
  opened.onerror = () => {
    if (opened !== source) return;
    // The browser tries again by itself only after some errors; this does after all of them.
    close();
    failures += 1;
    void probe();
  };
}

function onMessage(from: EventSource, message: MessageEvent<string>): void {
  if (from !== source) return;
  const data = JSON.parse(message.data) as { topics?: string[]; at?: number };
  place = message.lastEventId || place;
  clearTimeout(silence);
  silence = setTimeout(onSilence, SILENCE);
  if (data.at !== undefined && serverNow() - data.at > OLD) become("polling"); // a proxy has held it back
  else {
    const was = connection;
    failures = 0;
    become("live");
    if (was === "away") readAgain();
  }
  if (message.type === "gap") readAgain();
  for (const topic of data.topics ?? []) changed(topic);
}

function onSilence(): void {
  close();
  void probe();
}

/** After a failed stream: is the server away, has the session ended, or is there no stream? Then pages ask now and then. */
async function probe(): Promise<void> {
  let next: Connection = "away";
  try {
    const answer = await fetch(address("/api/session"), { credentials: "same-origin" });
    if (answer.ok) next = ((await answer.json()) as { actor: string | null }).actor === null ? "ended" : "polling";
  } catch {
    next = "away";
  }
  if (source !== null || connection === "ended") return; // the page woke up, or was logged out, meanwhile
  if (next === "ended") return sayLoggedOut();
  const was = connection;
  become(next);
  if (was === "away" && next === "polling") readAgain();
  const wait = next === "polling" ? 30_000 : Math.min(10_000, 500 * 2 ** Math.min(failures, 5));
  retry = setTimeout(connect, wait * (0.75 + Math.random() / 2));
}

/** Ends the stream until somebody is logged in again. */
export function endStream(): void {
  close();
  become("ended");
}

/** Follows again after a login. */
export function resumeStream(): void {
  if (connection === "ended") become("connecting");
  connect();
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

/** A laptop that slept for a day reads again at once. Its stream is a new one: the old one may be dead without a word. */
function wake(): void {
  if (connection === "ended") return;
  readAgain();
  connect();
}

let looked = Date.now();
setInterval(() => {
  const slept = Date.now() - looked > SLEEP;
  looked = Date.now();
  if (slept) wake();
}, LOOK);
document.addEventListener("resume", wake);
let hidden = 0;
document.addEventListener("visibilitychange", () => {
  if (document.hidden) hidden = Date.now();
  else if (Date.now() - hidden > 60_000) {
    if (source === null) wake();
    else readAgain();
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
