import "./theme.css";
import { QueryClientProvider } from "@tanstack/react-query";
import * as RadixTooltip from "@radix-ui/react-tooltip";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "@/app";
import { queryClient } from "@/api/queries";
import { Toasts } from "@/parts/toast";

const root = document.getElementById("root");
if (root)
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <RadixTooltip.Provider>
          <App />
          <Toasts />
        </RadixTooltip.Provider>
      </QueryClientProvider>
    </StrictMode>,
  );
