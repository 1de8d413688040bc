/** Lets those in who are logged in, and shows the login to everybody else. */
import { useEffect, useState, type ReactNode } from "react";
import { Outlet } from "react-router";
import { address, post, setCsrf, whenLoggedOut, type Schemas } from "@/api/client";
import { problemOf } from "@/api/problem";
import { queryClient, useSession } from "@/api/queries";
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
  useEffect(() => setCsrf(data?.csrf ?? null), [data?.csrf]);
  useEffect(() => whenLoggedOut(() => setEnded(true)), []);
  if (session.isPending) return null;
  if (!data) return <ErrorState error={session.error} retry={() => void session.refetch()} />;
  const enter = (next: Session): void => {
    setCsrf(next.csrf);
    queryClient.setQueryData(["session"], next);
    setEnded(false);
    void queryClient.invalidateQueries();
  };
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
          <Login kind={data.login} onDone={enter} />
        </div>
      </Dialog>
    </>
  );
}

function Login({ kind, onDone }: { kind: Session["login"]; onDone: (session: Session) => void }): ReactNode {
  const [user, setUser] = useState("");
  const [secret, setSecret] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  if (kind === "oidc") {
    const params = new URLSearchParams(location.search);
    const failure = FAILURES[params.get("login_error") ?? ""];
    params.delete("login_error");
    const next = location.pathname + (params.size ? `?${params.toString()}` : "");
    return (
      <div className="flex flex-col gap-3">
        {failure ? <Note tone="failed">{failure}</Note> : null}
        <Button kind="primary" className="w-full" onClick={() => location.assign(address("/api/login", {}, { next }))}>
          Continue to your organisation’s login
        </Button>
      </div>
    );
  }
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
