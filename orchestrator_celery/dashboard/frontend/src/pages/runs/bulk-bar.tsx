/** Verbs on a selection, or on all runs of a filter. A dry run counts them before anything happens. */
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { post, type Schemas } from "@/api/client";
import { queryClient, useSession } from "@/api/queries";
import { Button } from "@/parts/button";
import { Confirm, Menu, Dialog } from "@/parts/dialog";
import { counted, exact } from "@/parts/format";
import { ErrorState, Note, Skeleton } from "@/parts/states";
import { StatusBadge } from "@/parts/status";
import { toast } from "@/parts/toast";

type Verb = Schemas["BulkForm"]["verb"];
type Outcome = Schemas["BulkOutcome"];

const VERBS: { verb: Verb; word: string; danger?: boolean }[] = [
  { verb: "suspend", word: "Suspend" },
  { verb: "resume", word: "Resume" },
  { verb: "retry", word: "Retry" },
  { verb: "interrupt", word: "Interrupt" },
  { verb: "rerun", word: "Rerun" },
  { verb: "cancel", word: "Cancel", danger: true },
];

interface Scope {
  verb: Verb;
  runs?: string[];
  filter?: string;
}

export function BulkBar({ selected, filter, total, onDone }: { selected: ReadonlySet<string>; filter: string; total: string | null; onDone: () => void }): ReactNode {
  const [scope, setScope] = useState<Scope | null>(null);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const may = useSession().data?.verbs ?? [];
  const refusal = (verb: Verb): string | null => (may.includes(verb) ? null : `Your role does not allow to ${verb}.`);
  if (scope) {
    return (
      <Plan
        scope={scope}
        onClose={() => setScope(null)}
        onDone={(done) => {
          onDone();
          void queryClient.invalidateQueries({ queryKey: ["runs"] });
          if (done.refused || done.answers.some((answer) => answer.report)) setOutcome(done);
          else toast(`${word(done.verb)}: ${counted(done.done, "run")}.`);
        }}
      />
    );
  }
  return (
    <>
      {selected.size ? (
        <>
          <span className="text-muted">{exact(selected.size)} selected</span>
          {VERBS.slice(0, 3).map(({ verb, word: text }) => (
            <Button key={verb} refusal={refusal(verb)} onClick={() => setScope({ verb, runs: [...selected] })}>
              {text}…
            </Button>
          ))}
          <Menu
            label="More verbs"
            trigger={<Button icon="more" aria-label="More verbs" />}
            items={VERBS.slice(3).map(({ verb, word: text, danger }) => ({
              label: `${text}…`,
              refusal: refusal(verb),
              danger: danger ?? false,
              onSelect: () => setScope({ verb, runs: [...selected] }),
            }))}
          />
        </>
      ) : total && total !== "0" ? (
        <Menu
          label="Verbs on all that match"
          trigger={<Button kind="quiet">All {total} that match…</Button>}
          items={VERBS.map(({ verb, word: text, danger }) => ({ label: `${text}…`, refusal: refusal(verb), danger: danger ?? false, onSelect: () => setScope({ verb, filter }) }))}
        />
      ) : null}
      <Dialog open={outcome !== null} onClose={() => setOutcome(null)} title={outcome ? `${word(outcome.verb)}: ${exact(outcome.done)} done, ${exact(outcome.refused)} refused` : ""} width={620}>
        <ul className="m-0 flex list-none flex-col overflow-y-auto px-4 pb-4">
          {outcome?.answers
            .toSorted((one, two) => Number(one.done) - Number(two.done))
            .slice(0, 200)
            .map((answer) => (
              <li key={answer.run} className="border-b border-line py-2 last:border-0">
                <code className="text-muted">{answer.run}</code>
                <div className={answer.done ? "" : "text-failed"}>{answer.done ? "done" : answer.refusal}</div>
                {answer.report?.tasks?.map((task) => (
                  <div key={`${task.node}${task.attempt}`} className="text-sm text-muted">
                    {task.task} {task.node}: {task.outcome.replaceAll("_", " ")}
                  </div>
                ))}
              </li>
            ))}
        </ul>
      </Dialog>
    </>
  );
}

function word(verb: string): string {
  return VERBS.find((each) => each.verb === verb)?.word ?? verb;
}

function Plan({ scope, onClose, onDone }: { scope: Scope; onClose: () => void; onDone: (outcome: Outcome) => void }): ReactNode {
  const plan = useQuery({ queryKey: ["plan", scope], queryFn: () => post("/api/bulk/plan", {}, scope), staleTime: 0, gcTime: 0, retry: false });
  const text = word(scope.verb);
  const danger = scope.verb === "cancel";
  const data = plan.data;
  return (
    <Confirm
      open
      onClose={onClose}
      title={data ? `${text} ${counted(data.allowed, "run")}?` : `${text}…`}
      about={scope.filter === undefined ? "The selected runs." : scope.filter ? `All that match ${scope.filter}` : "Every run."}
      verb={data ? `${text} ${exact(data.allowed)}` : text}
      danger={danger}
      reason={danger}
      ready={Boolean(data?.allowed)}
      typed={danger && data ? String(data.allowed) : undefined}
      onConfirm={async (reason) => {
        try {
          onDone(await post("/api/bulk", {}, { ...scope, confirm: data?.token ?? "", reason, signal: "SIGTERM", grace: 10 }));
        } catch (error) {
          // The runs may have changed since: count them again.
          void plan.refetch();
          throw error;
        }
      }}
    >
      {plan.isPending ? (
        <Skeleton rows={3} />
      ) : plan.error ? (
        <ErrorState error={plan.error} />
      ) : data ? (
        <>
          {data.matching > data.allowed ? <Note tone="suspended">{counted(data.matching - data.allowed, "run")} of {exact(data.matching)} stay as they are: their status does not allow it.</Note> : null}
          {danger ? (
            <Note tone="failed">
              Stops {counted(data.running ?? 0, "running task")} and deletes {counted(data.keys ?? 0, "key")} with all results. This cannot be undone.
            </Note>
          ) : null}
          <ul className="m-0 flex list-none flex-col gap-1 p-0">
            {data.sample.slice(0, 8).map((run) => (
              <li key={run.id} className="flex items-center gap-2">
                <StatusBadge status={run.status} />
                <bdi className="min-w-0 truncate">{run.name || run.id}</bdi>
              </li>
            ))}
            {data.allowed > 8 ? <li className="text-faint">and {exact(data.allowed - 8)} more</li> : null}
          </ul>
        </>
      ) : null}
    </Confirm>
  );
}
