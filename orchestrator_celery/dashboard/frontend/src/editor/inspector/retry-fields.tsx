import type { ReactNode } from "react";
import type { RetryRule } from "../model/document";
import { CheckField, NumberField, WordsField } from "./fields";

/** The rule by which a node is tried again. Without a number of attempts there is none. */
export function RetryFields({ value, onChange, inherited }: { value: RetryRule | undefined; onChange: (value: RetryRule | undefined) => void; inherited: string }): ReactNode {
  const change = (part: Partial<RetryRule>): void => {
    if (value) onChange(Object.fromEntries(Object.entries({ ...value, ...part }).filter(([, each]) => each !== undefined)) as unknown as RetryRule);
  };
  return (
    <>
      <NumberField label="Attempts" hint="The first included." placeholder={inherited} least={2} value={value?.attempts} onChange={(attempts) => onChange(attempts === undefined ? undefined : { backoff: 1, factor: 2, longest: 300, jitter: true, ...value, attempts })} />
      {value ? (
        <>
          <div className="grid grid-cols-3 gap-2">
            <NumberField label="Wait, s" least={0} whole={false} value={value.backoff} onChange={(backoff) => change({ backoff })} />
            <NumberField label="Factor" least={1} whole={false} value={value.factor} onChange={(factor) => change({ factor })} />
            <NumberField label="Longest, s" least={0} whole={false} value={value.longest} onChange={(longest) => change({ longest })} />
          </div>
          <CheckField label="Vary the waits at random" checked={value.jitter ?? true} onChange={(jitter) => change({ jitter })} />
          <WordsField label="Only after these errors" placeholder="any error" value={value.on ?? []} onChange={(on) => change({ on: on.length ? on : undefined })} />
        </>
      ) : null}
    </>
  );
}
