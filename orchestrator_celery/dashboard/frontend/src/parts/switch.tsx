/** A choice between two or three ways to do one thing. */
import type { ReactNode } from "react";

export function Switch({ label, options, chosen, onChoose, refused = [] }: { label: string; options: string[]; chosen: number; onChoose: (index: number) => void; refused?: number[] }): ReactNode {
  return (
    <div role="radiogroup" aria-label={label} className="inline-flex self-start rounded-md border border-line bg-sunken p-[2px]">
      {options.map((option, index) => (
        <button
          key={option}
          type="button"
          role="radio"
          aria-checked={chosen === index}
          disabled={refused.includes(index)}
          className={`h-6 rounded-[4px] px-2 text-sm disabled:opacity-45 ${chosen === index ? "bg-raised font-[580] shadow-card" : "text-muted"}`}
          onClick={() => onChoose(index)}
        >
          {option}
        </button>
      ))}
    </div>
  );
}
