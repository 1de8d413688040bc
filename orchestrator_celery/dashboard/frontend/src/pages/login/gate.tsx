/** Lets those in who are logged in, and shows the login to everybody else. */
import { useCallback, useEffect, useState, type ReactNode } from "react";
import { Outlet } from "react-router";
import { address, BASE, get, post, setActor, whenLoggedOut, type Schemas } from "@/api/client";
import { problemOf } from "@/api/problem";
import { queryClient, useSession } from "@/api/queries";
import { endStream, resumeStream } from "@/api/stream";
import { Button } from "@/parts/button";
import { Dialog, Field, INPUT } from "@/parts/dialog";
import { Card, ErrorState, Note } from "@/parts/states";

type Session = Schemas["SessionView"];

/** What the server says about a login at the provider that did not succeed. */
const FAILURES: Record<string, string> = {
  denied: "The login was refused there. Try again, or ask who runs it.",
  expired: "The login took too long, or was begun in another browser. Try again.",
  unreachable: "The login server does not answer. Try again in a minute.",
  no_role: "You are known there, but you have no role here. Ask who runs this dashboard.",
};

export function Gate(): ReactNode {
  const session = useSession();
  const [ended, setEnded] = useState(false);
  const data = session.data;
  useEffect(() => setActor(data), [data]);
  useEffect(
    () =>
      whenLoggedOut(() => {
        endStream();
        setEnded(true);
      }),
    [],
  );
  const enter = useCallback((next: Session): void => {
    setActor(next);
    queryClient.setQueryData(["session"], next);
    setEnded(false);
    resumeStream();
    void queryClient.invalidateQueries();
  }, []);
  useLoginElsewhere(ended, enter);
  if (session.isPending) return null;
  if (!data) return <ErrorState error={session.error} retry={() => void session.refetch()} />;
  if (!data.actor)
    return (
      <main className="flex min-h-dvh items-center justify-center p-4">
        <Card className="w-full max-w-[360px] p-5">
          <h1 className="text-lg font-[620] tracking-[-.01em]">{data.app}</h1>
          <p className="mt-[2px] mb-4 text-muted">Log in to see and steer its runs.</p>
          <Login kind={data.login} onDone={enter} />
        </Card>
      </main>
    );
  return (
    <>
      <Outlet />
      {/* The page behind stays, so that a half-filled form is not lost. */}
      <Dialog open={ended} onClose={() => setEnded(false)} title="Your session has ended" about="Log in again; what you have typed is kept." width={380}>
        <div className="px-4 pb-4">
          <Login kind={data.login} onDone={enter} again />
        </div>
      </Dialog>
    </>
  );
}

/** Who has logged in in another tab need not do it here as well. */
function useLoginElsewhere(ended: boolean, enter: (session: Session) => void): void {
  useEffect(() => {
    if (!ended) return;
    let over = false;
    const look = (): void => {
      if (document.hidden) return;
      get("/api/session").then(
        (session) => (session.actor && !over ? enter(session) : undefined),
        () => undefined, // the server is away: a later look finds it
      );
    };
    const timer = setInterval(look, 3000);
    document.addEventListener("visibilitychange", look);
    return () => {
      over = true;
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [ended, enter]);
}

interface LoginProps {
  kind: Session["login"];
  onDone: (session: Session) => void;
  /** Over a page that must stay as it is: a provider's login opens in a tab of its own. */
  again?: boolean;
}

function Login(props: LoginProps): ReactNode {
  if (props.kind !== "oidc" && props.kind !== "django") return <Secret {...props} />;
  return props.again ? <ProviderBeside /> : <Provider kind={props.kind} />;
}

/** The login page of the provider, in another tab. */
function ProviderBeside(): ReactNode {
  const [opened, setOpened] = useState(false);
  return (
    <div className="flex flex-col gap-3">
      <Button
        kind="primary"
        className="w-full"
        onClick={() => {
          setOpened(true);
          window.open(address("/api/login", {}, { next: `${BASE}/` }), "_blank", "noopener");
        }}
      >
        Log in in a new tab
      </Button>
      {opened ? <p className="m-0 text-muted">Close that tab when you are logged in. This page then goes on by itself.</p> : null}
    </div>
  );
}

function Provider({ kind }: Pick<LoginProps, "kind">): ReactNode {
  const params = new URLSearchParams(location.search);
  const failure = FAILURES[params.get("login_error") ?? ""];
  params.delete("login_error");
  const next = location.pathname + (params.size ? `?${params.toString()}` : "");
  return (
    <div className="flex flex-col gap-3">
      {failure ? <Note tone="failed">{failure}</Note> : null}
      <Button kind="primary" className="w-full" onClick={() => location.assign(address("/api/login", {}, { next }))}>
        {kind === "django" ? "Continue to the login of this site" : "Continue to your organisation’s login"}
      </Button>
    </div>
  );
}

function Secret({ kind, onDone }: LoginProps): ReactNode {
  const [user, setUser] = useState("");
  const [secret, setSecret] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const submit = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      onDone(await post("/api/session", {}, kind === "basic" ? { user, password: secret } : { token: secret }));
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      {kind === "basic" ? (
        <Field label="Name">
          <input className={INPUT} autoFocus autoComplete="username" value={user} onChange={(event) => setUser(event.target.value)} />
        </Field>
      ) : null}
      <Field label={kind === "basic" ? "Password" : "Token"}>
        <input className={INPUT} type="password" autoFocus={kind !== "basic"} autoComplete="current-password" value={secret} onChange={(event) => setSecret(event.target.value)} />
      </Field>
      {error ? <Note tone="failed">{problemOf(error).detail || problemOf(error).title}</Note> : null}
      <Button type="submit" kind="primary" busy={busy} disabled={!secret}>
        Log in
      </Button>
    </form>
  );
}
