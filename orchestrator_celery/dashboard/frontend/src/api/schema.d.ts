// Generated from docs/dashboard/openapi.json by `npm run types`: do not edit.
export interface paths {
    "/api/approvals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Approvals
         * @description List the approvals of all runs that wait for a person, newest first.
         */
        get: operations["list_approvals"];
        put?: never;
        /**
         * Answer Approvals
         * @description Answer approvals. The first answer to an approval counts; a later one is refused.
         */
        post: operations["answer_approvals"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Audit
         * @description List who called which verb on which run, newest first, refused calls too.
         */
        get: operations["list_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/bulk": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Apply Bulk
         * @description Apply a verb to the runs of a plan. The token must be that of a plan that still holds.
         */
        post: operations["apply_bulk"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/bulk/plan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Plan Bulk
         * @description Count the runs that a verb would reach, before it is applied. Nothing is changed.
         */
        post: operations["plan_bulk"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/doctor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check Setup
         * @description Check the set-up of the project. It takes a few seconds, and changes nothing.
         */
        get: operations["check_setup"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/filter": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Filter
         * @description Read a filter; an unknown word is a problem that names the known ones.
         */
        get: operations["read_filter"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/filter/words": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Words
         * @description List the words of the filter language, with values of the newest runs.
         */
        get: operations["list_words"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/graph-templates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Templates
         * @description List the templates by name.
         */
        get: operations["list_templates"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/graph-templates/{template}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Build Template
         * @description Make a graph from a template. The problem document says which parameters are not allowed.
         */
        post: operations["build_template"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/graph-tools/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Check Graph
         * @description Check a document. The answer lists every problem; also a value that is no document is a problem, not an error.
         */
        post: operations["check_graph"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/graph-tools/diff": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Compare Graphs
         * @description Compare two graphs: nodes, edges, settings, and the lines of their Python modules.
         */
        post: operations["compare_graphs"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/graph-tools/dry-run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Dry Run Graph
         * @description Return which way a graph would go. No task runs: stand-ins say what the nodes give.
         */
        post: operations["dry_run_graph"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/graph-tools/python": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Write Graph
         * @description Write the Python module that builds a graph.
         */
        post: operations["write_graph"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/graph-tools/test-run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Test Run Graph
         * @description Start a real run of a document that is not saved. The run has the tag `test`.
         */
        post: operations["test_run_graph"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/graphs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Graphs
         * @description List the saved graphs with their newest versions; the graph that was saved last comes first.
         */
        get: operations["list_graphs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/graphs/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Saved Graph
         * @description Return a version of a graph with its document, by default the newest.
         */
        get: operations["read_saved_graph"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/graphs/{name}/roll-back": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Roll Back Graph
         * @description Save an old version as the newest one. If somebody else has saved one since `base`, nothing is saved: 409.
         *
         *     A repeated call, after an answer that was lost, returns the version that the first call saved.
         */
        post: operations["roll_back_graph"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/graphs/{name}/run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Run Graph
         * @description Start a run of a version, by default of the newest.
         */
        post: operations["run_graph"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/graphs/{name}/versions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Graph Versions
         * @description List the versions of a graph, newest first.
         */
        get: operations["list_graph_versions"];
        put?: never;
        /**
         * Save Graph
         * @description Save a new version. If somebody else has saved one since `base`, nothing is saved, and the status is 409.
         *
         *     A repeated call, after an answer that was lost, returns the version that the first call saved.
         */
        post: operations["save_graph"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Begin Login
         * @description Send the browser to the login page of the provider, or of the site.
         *
         *     `next` is the page of the dashboard to which the browser comes back, as a path.
         */
        get: operations["begin_login"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/login/callback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Finish Login
         * @description Take the browser back from the provider, and begin a session.
         */
        get: operations["finish_login"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Search Logs
         * @description Search the log lines of all runs that match a filter. An index in a file of the server makes it quick.
         */
        get: operations["search_logs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/overview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Overview
         * @description Return what needs a person now, and how the system does.
         */
        get: operations["read_overview"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/resume-reports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Resume Reports
         * @description List what auto-resume did, newest first.
         */
        get: operations["list_resume_reports"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Runs
         * @description List the runs that match a filter, newest first.
         */
        get: operations["list_runs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/counts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Count Runs
         * @description Count the runs that match a filter, by status.
         */
        get: operations["count_runs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Run
         * @description Return one run: its status, progress, verbs and waiting approvals; secrets are hidden.
         */
        get: operations["read_run"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel
         * @description Stop the run and delete all its data. `confirm` is the token of the plan.
         */
        post: operations["cancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/cancel-plan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Plan Cancel
         * @description Return what `cancel` would stop and delete; its token confirms exactly that.
         */
        get: operations["plan_cancel"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/close": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Close
         * @description Close an open swarm: it takes no more items, and ends when its items have ended.
         */
        post: operations["close"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/edges": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Edges
         * @description List the edges of a graph, with conditions and the number of times each was taken.
         */
        get: operations["list_edges"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Events
         * @description List the events of a run, oldest first.
         */
        get: operations["list_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/interrupt": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Interrupt
         * @description Suspend the run and stop its running tasks; the answer says what happened to each.
         */
        post: operations["interrupt"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/items": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Items
         * @description List the items of a swarm, by state.
         */
        get: operations["list_items"];
        put?: never;
        /**
         * Add Tasks
         * @description Add tasks to an open swarm: all or none.
         */
        post: operations["add_tasks"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Logs
         * @description Read the log lines of a run.
         */
        get: operations["read_logs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/logs/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export Logs
         * @description Download the log lines of a run as JSON Lines or as text.
         */
        get: operations["export_logs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/message": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Explain Run
         * @description Say in one sentence how a run stands, and why it does not move. It may take a second.
         */
        get: operations["explain_run"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/nodes/{node}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Node
         * @description Return one node with its input, arguments, result, error and checkpoint; secrets are hidden.
         */
        get: operations["read_node"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/nodes/{node}/detach": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Detach
         * @description Skip a node that has not started, and start it as a run of its own.
         */
        post: operations["detach"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/nodes/{node}/skip": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Skip
         * @description Skip a node that has not started.
         */
        post: operations["skip"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/priority": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Set Priority
         * @description Change the priority of waiting items of a swarm.
         */
        post: operations["set_priority"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/progress": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Progress
         * @description Return the progress of a run, in tasks.
         */
        get: operations["read_progress"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/rerun": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Rerun
         * @description Start a new run with the same definition and input, from the begin or from a node.
         */
        post: operations["rerun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Resume
         * @description Continue after `suspend` or `interrupt`.
         */
        post: operations["resume"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Retry
         * @description Continue a failed run from its failed tasks, or from one of them.
         */
        post: operations["retry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/suspend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Suspend
         * @description Stop the start of further tasks; running tasks may finish.
         */
        post: operations["suspend"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/timeline": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Timeline
         * @description List when each node waited and ran, in the order of the tree.
         */
        get: operations["read_timeline"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/tree": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Tree
         * @description Return a node and the nodes below it, with a page of its children; secrets are hidden.
         */
        get: operations["read_tree"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Session
         * @description Return who is logged in, and the token for requests that change something.
         */
        get: operations["read_session"];
        put?: never;
        /**
         * Log In
         * @description Log in with a token, or with a name and a password.
         */
        post: operations["log_in"];
        /**
         * Log Out
         * @description Log out; of the site around the dashboard too, if its login is that of the site.
         */
        delete: operations["log_out"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/signatures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Signatures
         * @description List stored signatures, newest first. With `status=MARKED_FOR_DELETION`, those that will be deleted.
         */
        get: operations["list_signatures"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/signatures/{signature}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Signature
         * @description Return one stored signature.
         */
        get: operations["read_signature"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/signatures/{signature}/delete": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Delete Signature
         * @description Mark a signature for deletion. It can be restored until then.
         */
        post: operations["delete_signature"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/signatures/{signature}/purge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Purge Signature
         * @description Delete a signature, its runs and their results now.
         */
        post: operations["purge_signature"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/signatures/{signature}/rerun": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Rerun Signature
         * @description Start a run with the input of an earlier run.
         */
        post: operations["rerun_signature"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/signatures/{signature}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Restore Signature
         * @description Remove the mark for deletion.
         */
        post: operations["restore_signature"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/signatures/{signature}/run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Run Signature
         * @description Start a run of a signature.
         */
        post: operations["run_signature"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/signatures/{signature}/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Runs Of
         * @description List the newest runs of a signature.
         */
        get: operations["list_runs_of"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Stats
         * @description Return how often and how long tasks of runs ran, by hour, task and category.
         */
        get: operations["read_stats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow Changes
         * @description A stream of server-sent events that tell what changed; the page reads it again.
         *
         *     - `changed`, with `{"topics": ["run:5f1c", "runs"]}`: these topics have news.
         *     - `gap`, with `{"reason": "..."}`: news may be missing; read everything again.
         *     - `alive`, with `{"at": 1764440000000}`: the first message, and the one after 15 seconds without another. `at` is the
         *       time of the server in milliseconds. If no message comes, or if it is old, a proxy holds the stream back: ask instead.
         *
         *     The `id` of a message is a time. `Last-Event-ID`, or `after`, resumes the stream there, at any server of the dashboard.
         */
        get: operations["follow_changes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tasks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Tasks
         * @description List the tasks that this process or a live worker has, by name. Workers tell of tasks that this process lacks.
         */
        get: operations["list_tasks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tasks/{task}/run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Run Task
         * @description Start a task as a run of its own, so that it can be steered and followed.
         */
        post: operations["run_task"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/views": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Views
         * @description List the visitor's own views by name, and then the shared ones.
         */
        get: operations["list_views"];
        put?: never;
        /**
         * Save View
         * @description Save a view. Nothing is changed if another version than `base` is stored.
         */
        post: operations["save_view"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/views/delete": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Delete View
         * @description Delete a view. Nothing is changed if another version than `base` is stored.
         */
        post: operations["delete_view"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/workers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Workers
         * @description List the workers that have the extension, with their tasks, queues and running nodes.
         */
        get: operations["list_workers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * Answer
         * @description The answer to one approval.
         *
         *     Args:
         *         run: the id of the run.
         *         node: the id or the name of the node.
         *         decision: the decision.
         *         note: the reason; it is part of the node's result and of the audit trail.
         */
        Answer: {
            /**
             * Decision
             * @enum {string}
             */
            decision: "approved" | "rejected";
            /** Node */
            node: string;
            /**
             * Note
             * @default
             */
            note: string;
            /** Run */
            run: string;
        };
        /**
         * AnswerView
         * @description The answer of an approval.
         *
         *     Args:
         *         decision: `approved` or `rejected`.
         *         by: the person who answered; '' after a timeout.
         *         note: the person's reason.
         *         timed_out: whether nobody answered in time.
         */
        AnswerView: {
            /**
             * By
             * @default
             */
            by: string;
            /** Decision */
            decision: string;
            /**
             * Note
             * @default
             */
            note: string;
            /**
             * Timed Out
             * @default false
             */
            timed_out: boolean;
        };
        /**
         * Answered
         * @description The outcome of one answer.
         *
         *     Args:
         *         run: the id of the run.
         *         node: the id or the name of the node.
         *         done: whether the answer counts.
         *         refusal: why it does not count; '' if it does.
         */
        Answered: {
            /** Done */
            done: boolean;
            /** Node */
            node: string;
            /**
             * Refusal
             * @default
             */
            refusal: string;
            /** Run */
            run: string;
        };
        /**
         * Answers
         * @description The answers to several approvals.
         */
        Answers: {
            /** Answers */
            answers: components["schemas"]["Answer"][];
        };
        /**
         * ApprovalView
         * @description An approval that waits for an answer.
         *
         *     Args:
         *         run: the id of the run.
         *         run_name: the name of the run.
         *         node: the id of the node, for `run.approve()`.
         *         name: the node's name in the graph.
         *         message: the text that the person sees.
         *         given: the node's input, as a basis for the decision.
         *         since: the begin of the wait.
         *         until: the end of the time to answer; None for no limit, and while the run is suspended: the time stands still.
         *         on_timeout: the decision after the timeout.
         */
        ApprovalView: {
            /** Given */
            given?: unknown;
            /**
             * Message
             * @default
             */
            message: string;
            /** Name */
            name: string;
            /** Node */
            node: string;
            /** On Timeout */
            on_timeout?: string | null;
            /** Run */
            run: string;
            /** Run Name */
            run_name: string;
            /**
             * Since
             * Format: date-time
             */
            since: string;
            /** Until */
            until?: string | null;
        };
        /**
         * AuditEntry
         * @description An entry as `orchestrator.audit()` lists it.
         *
         *     Args:
         *         id: the place in the trail; later entries have greater ids.
         *         time: the time by the store's clock, in UTC.
         */
        AuditEntry: {
            /** Actor */
            actor: string;
            /** After */
            after?: components["schemas"]["RunStatus"] | components["schemas"]["SignatureStatus"] | null;
            /** Before */
            before?: components["schemas"]["RunStatus"] | components["schemas"]["SignatureStatus"] | null;
            /** Channel */
            channel: string;
            /** Counts */
            counts?: {
                [key: string]: number;
            };
            /** Id */
            id: string;
            /**
             * Made
             * @default
             */
            made: string;
            /**
             * Name
             * @default
             */
            name: string;
            /**
             * Node
             * @default
             */
            node: string;
            /**
             * Outcome
             * @default done
             */
            outcome: string;
            /**
             * Reason
             * @default
             */
            reason: string;
            /** Run */
            run: string;
            /**
             * Signature
             * @default
             */
            signature: string;
            /**
             * Time
             * Format: date-time
             */
            time: string;
            /** Verb */
            verb: string;
        };
        /**
         * AuditPage
         * @description A page of the audit trail, newest first.
         *
         *     Args:
         *         entries: the entries.
         *         next: the cursor of the next page; None on the last page.
         */
        AuditPage: {
            /** Entries */
            entries: components["schemas"]["AuditEntry"][];
            /** Next */
            next: string | null;
        };
        /**
         * BulkAnswer
         * @description The answer of one run.
         *
         *     Args:
         *         run: the id of the run.
         *         done: whether the verb was applied.
         *         refusal: why it was refused; '' if it was applied.
         *         made: the id of the run that the verb made.
         *         report: what happened to each running task, after `interrupt`.
         */
        BulkAnswer: {
            /** Done */
            done: boolean;
            /** Made */
            made?: string | null;
            /**
             * Refusal
             * @default
             */
            refusal: string;
            report?: components["schemas"]["InterruptReport"] | null;
            /** Run */
            run: string;
        };
        /**
         * BulkCall
         * @description A confirmed verb on many runs.
         *
         *     Args:
         *         confirm: the token of the plan.
         *         reason: the reason of a cancellation, for the audit trail.
         *         signal: the first signal of an interruption.
         *         grace: the seconds until SIGKILL.
         */
        BulkCall: {
            /** Confirm */
            confirm: string;
            /** Filter */
            filter?: string | null;
            /**
             * Grace
             * @description Seconds until SIGKILL.
             * @default 10
             */
            grace: number;
            /**
             * Reason
             * @description The reason, for the audit trail.
             * @default
             */
            reason: string;
            /** Runs */
            runs?: string[] | null;
            /**
             * Signal
             * @default SIGTERM
             * @enum {string}
             */
            signal: "SIGTERM" | "SIGINT" | "SIGQUIT" | "SIGUSR1" | "SIGUSR2" | "SIGKILL";
            /**
             * Verb
             * @enum {string}
             */
            verb: "suspend" | "resume" | "interrupt" | "retry" | "rerun" | "cancel";
        };
        /**
         * BulkForm
         * @description Which runs a verb is applied to: a selection, or all that match a filter.
         *
         *     Args:
         *         verb: the verb.
         *         runs: ids of the selected runs.
         *         filter: a filter, such as `status:FAILED tag:eu`; '' matches every run.
         */
        BulkForm: {
            /** Filter */
            filter?: string | null;
            /** Runs */
            runs?: string[] | null;
            /**
             * Verb
             * @enum {string}
             */
            verb: "suspend" | "resume" | "interrupt" | "retry" | "rerun" | "cancel";
        };
        /**
         * BulkOutcome
         * @description The outcome of a verb on many runs.
         *
         *     Args:
         *         verb: the verb.
         *         done: the number of runs to which it was applied.
         *         refused: the number of runs that refused it.
         *         answers: the answer of each run.
         */
        BulkOutcome: {
            /** Answers */
            answers: components["schemas"]["BulkAnswer"][];
            /** Done */
            done: number;
            /** Refused */
            refused: number;
            /** Verb */
            verb: string;
        };
        /**
         * BulkPlan
         * @description What a verb on many runs would reach.
         *
         *     Args:
         *         verb: the verb.
         *         matching: the number of runs that match now.
         *         allowed: the number of them whose status allows the verb.
         *         sample: the first of those.
         *         running: the number of running tasks that a cancellation stops.
         *         keys: the number of keys that a cancellation deletes.
         *         token: confirms exactly these runs.
         */
        BulkPlan: {
            /** Allowed */
            allowed: number;
            /**
             * Keys
             * @default 0
             */
            keys: number;
            /** Matching */
            matching: number;
            /**
             * Running
             * @default 0
             */
            running: number;
            /** Sample */
            sample: components["schemas"]["RunView"][];
            /** Token */
            token: string;
            /** Verb */
            verb: string;
        };
        /**
         * BulkReport
         * @description The report of a bulk addition, or of its dry run.
         *
         *     Args:
         *         requested: the number of tasks passed in.
         *         added: the number of added tasks; 0 in a dry run.
         *         rejected: the rejected tasks with their reasons; the first thousand.
         *         rejected_count: the number of rejected tasks.
         *         seconds: the duration.
         *         tasks_per_second: the tasks added per second.
         *         batches: the number of batches.
         */
        BulkReport: {
            /** Added */
            added: number;
            /** Batches */
            batches: number;
            /**
             * Rejected
             * @default []
             */
            rejected: components["schemas"]["Rejection"][];
            /**
             * Rejected Count
             * @default 0
             */
            rejected_count: number;
            /** Requested */
            requested: number;
            /** Seconds */
            seconds: number;
            /** Tasks Per Second */
            tasks_per_second: number;
        };
        /**
         * CancelForm
         * @description The confirmation of a cancellation: the token of the plan.
         */
        CancelForm: {
            /** Confirm */
            confirm: string;
            /**
             * Reason
             * @description The reason, for the audit trail.
             * @default
             */
            reason: string;
        };
        /**
         * CancelPlan
         * @description A dry run of a cancellation: the tasks to stop and the data to delete.
         *
         *     Args:
         *         run: the id of the run.
         *         name: the name of the run.
         *         status: the current status.
         *         total: the number of known tasks.
         *         done: the number of succeeded tasks.
         *         failed: the number of failed tasks.
         *         running: the number of running tasks to stop.
         *         queued: the number of queued messages that will be ignored.
         *         runs: the inner runs that replace tasks of this run; they are deleted too.
         *         keys: the number of keys in Redis to delete.
         *         bytes: the memory of these keys, as Redis estimates it.
         *         token: confirms exactly this plan: `run.cancel(confirm=plan.token)`.
         */
        CancelPlan: {
            /** Bytes */
            bytes: number;
            /** Done */
            done: number;
            /** Failed */
            failed: number;
            /** Keys */
            keys: number;
            /** Name */
            name: string;
            /** Queued */
            queued: number;
            /** Run */
            run: string;
            /** Running */
            running: number;
            /**
             * Runs
             * @default []
             */
            runs: string[];
            status: components["schemas"]["RunStatus"];
            /** Token */
            token: string;
            /** Total */
            total: number;
        };
        /**
         * Check
         * @description The outcome of one check.
         *
         *     Args:
         *         name: what was checked.
         *         level: how serious the outcome is.
         *         found: what was found.
         *         advice: what to do; '' if nothing is wrong.
         */
        Check: {
            /**
             * Advice
             * @default
             */
            advice: string;
            /** Found */
            found: string;
            level: components["schemas"]["CheckLevel"];
            /** Name */
            name: string;
        };
        /**
         * CheckForm
         * @description What is checked: a graph's document, also an unfinished or a broken one.
         */
        CheckForm: {
            /** Document */
            document?: unknown;
        };
        /**
         * CheckLevel
         * @description How serious the outcome of a check is.
         * @enum {string}
         */
        CheckLevel: "ok" | "warning" | "error";
        /**
         * CheckedGraph
         * @description The problems of a graph.
         *
         *     Args:
         *         problems: every problem; without an error among them, the graph can run.
         */
        CheckedGraph: {
            /** Problems */
            problems: components["schemas"]["FoundProblem"][];
        };
        /**
         * CloseForm
         * @description How to close an open swarm: at once, or when it has no more items to run.
         */
        CloseForm: {
            /**
             * Drained
             * @default false
             */
            drained: boolean;
            /**
             * Node
             * @default 0
             */
            node: string;
        };
        /**
         * DeleteForm
         * @description When a signature is deleted: in some seconds, or at a time. Without both, as soon as possible.
         */
        DeleteForm: {
            /** After */
            after?: number | null;
            /** At */
            at?: string | null;
        };
        /**
         * DiffForm
         * @description The documents of two graphs, and their names in the text of the differences.
         */
        DiffForm: {
            /**
             * Names
             * @default [
             *       "old",
             *       "new"
             *     ]
             */
            names: [
                string,
                string
            ];
            /**
             * New
             * @description The graph as ConditionalGraph.to_dict() writes it; it has a JSON Schema.
             */
            new: {
                [key: string]: unknown;
            };
            /**
             * Old
             * @description The graph as ConditionalGraph.to_dict() writes it; it has a JSON Schema.
             */
            old: {
                [key: string]: unknown;
            };
        };
        /**
         * DryRun
         * @description What a graph would do.
         *
         *     Args:
         *         steps: the visits, in the order in which an eager run makes them.
         *         result: the result of the graph; None if it fails.
         *         error: the error with which it fails; None if it succeeds.
         */
        DryRun: {
            error?: components["schemas"]["DryRunError"] | null;
            /** Result */
            result?: unknown;
            /** Steps */
            steps: components["schemas"]["DryRunStep"][];
        };
        /**
         * DryRunError
         * @description The error of a visit, or of the whole graph.
         *
         *     Args:
         *         type: the name of its class.
         *         message: its message.
         */
        DryRunError: {
            /** Message */
            message: string;
            /** Type */
            type: string;
        };
        /**
         * DryRunForm
         * @description What a dry run begins with, and what stands in for tasks, approvals and routers.
         *
         *     Args:
         *         document: the graph.
         *         args: the positional arguments of the run.
         *         kwargs: the keyword arguments of the run.
         *         results: the results of nodes, one a visit; the last one holds for all later visits.
         *         errors: the error of a node for all visits, or one a visit with null for a visit without an error.
         *         decisions: the decision of an approval, or one a visit.
         *         routes: the keys of a router, one a visit, by the position of its declaration in the graph's list of edges.
         */
        DryRunForm: {
            /**
             * Args
             * @default []
             */
            args: unknown[];
            /**
             * Decisions
             * @default {}
             */
            decisions: {
                [key: string]: string | string[];
            };
            /**
             * Document
             * @description The graph as ConditionalGraph.to_dict() writes it; it has a JSON Schema.
             */
            document: {
                [key: string]: unknown;
            };
            /**
             * Errors
             * @default {}
             */
            errors: {
                [key: string]: components["schemas"]["StandInError"] | (components["schemas"]["StandInError"] | null)[];
            };
            /**
             * Kwargs
             * @default {}
             */
            kwargs: {
                [key: string]: unknown;
            };
            /**
             * Results
             * @default {}
             */
            results: {
                [key: string]: unknown[];
            };
            /**
             * Routes
             * @default {}
             */
            routes: {
                [key: string]: unknown[];
            };
        };
        /**
         * DryRunStep
         * @description One visit of a node, or the beginning at START.
         *
         *     Args:
         *         node: the name of the node; `__start__` for START.
         *         visit: the number of the visit of this node; 0 for START.
         *         input: the value that the node got.
         *         inputs: the keyword arguments that its `inputs` gave.
         *         outcome: whether the visit succeeded.
         *         value: its result, or its error with type and message.
         *         assumed: whether no stand-in said so: the result or the key of a router is None, or the decision is that of
         *             the timeout, else approved.
         *         edges: the positions, in the graph's list of edges, of the declarations that were followed.
         *         targets: the nodes to which they lead; `__end__` for END.
         */
        DryRunStep: {
            /**
             * Assumed
             * @default false
             */
            assumed: boolean;
            /**
             * Edges
             * @default []
             */
            edges: number[];
            /** Input */
            input?: unknown;
            /**
             * Inputs
             * @default {}
             */
            inputs: {
                [key: string]: unknown;
            };
            /** Node */
            node: string;
            /**
             * Outcome
             * @default succeeded
             * @enum {string}
             */
            outcome: "succeeded" | "failed";
            /**
             * Targets
             * @default []
             */
            targets: string[];
            /** Value */
            value?: unknown;
            /** Visit */
            visit: number;
        };
        /**
         * EdgeDifference
         * @description An edge that was added, removed or changed. A declaration of several targets counts as an edge for each.
         *
         *     Args:
         *         change: added, removed, or changed: another condition, or another place among the edges of the source.
         *         source: the node's name, with the path; `__start__` for START.
         *         target: the node's name, with the path; `__end__` for END.
         *         text: the condition or key in words, of the new graph if the edge is there.
         */
        EdgeDifference: {
            /**
             * Change
             * @enum {string}
             */
            change: "added" | "removed" | "changed";
            /** Source */
            source: string;
            /** Target */
            target: string;
            /**
             * Text
             * @default
             */
            text: string;
        };
        /**
         * EdgeKind
         * @description When an edge of a graph is taken.
         * @enum {string}
         */
        EdgeKind: "plain" | "condition" | "otherwise" | "error";
        /**
         * Edges
         * @description The edges of a graph.
         *
         *     Args:
         *         graph: the id of the graph's node.
         *         edges: the edges, and how often each was taken.
         */
        Edges: {
            /** Edges */
            edges: components["schemas"]["GraphEdge"][];
            /** Graph */
            graph: string;
        };
        /**
         * ErrorView
         * @description An error as text.
         */
        ErrorView: {
            /** Message */
            message: string;
            /**
             * Traceback
             * @default
             */
            traceback: string;
            /** Type */
            type: string;
        };
        /**
         * EventPage
         * @description A page of events, oldest first.
         *
         *     Args:
         *         events: the events.
         *         after: the id of the last event: give it as `after` to get the events that follow. None without an event.
         *         more: whether more events follow now.
         */
        EventPage: {
            /** After */
            after: string | null;
            /** Events */
            events: components["schemas"]["EventView"][];
            /** More */
            more: boolean;
        };
        /**
         * EventView
         * @description One event.
         *
         *     Args:
         *         id: the place in the run's stream; later events have greater ids.
         *         time: the time by the store's clock, in UTC.
         *         run: the run.
         *         node: the node, or `$` for the run itself.
         *         name: the name of the node; '' for the run itself.
         *         task: the name of the task that the node runs; '' for a composite and the run itself.
         *         kind: the kind of the event, such as `NodeStarted`.
         *         facts: the other fields of the event, by name.
         */
        EventView: {
            /** Facts */
            facts: {
                [key: string]: unknown;
            };
            /** Id */
            id: string;
            /** Kind */
            kind: string;
            /** Name */
            name: string;
            /** Node */
            node: string;
            /** Run */
            run: string;
            /** Task */
            task: string;
            /** Time */
            time: string;
        };
        /**
         * FieldProblem
         * @description One problem of a field, or of a node of a graph.
         *
         *     Args:
         *         place: the field, or the node.
         *         message: what is wrong.
         *         hint: what to do; '' without one.
         */
        FieldProblem: {
            /**
             * Hint
             * @default
             */
            hint: string;
            /** Message */
            message: string;
            /** Place */
            place: string;
        };
        /**
         * FilterReading
         * @description How a filter was understood.
         *
         *     Args:
         *         filter: the filter in its own words.
         *         terms: its terms, as field, values, and whether they exclude.
         */
        FilterReading: {
            /** Filter */
            filter: string;
            /** Terms */
            terms: components["schemas"]["FilterTerm"][];
        };
        /**
         * FilterTerm
         * @description One term of a filter.
         *
         *     Args:
         *         field: the word before the colon; `text` for a word without one.
         *         values: the values of which one has to match.
         *         excluded: whether a run must not match.
         */
        FilterTerm: {
            /** Excluded */
            excluded: boolean;
            /** Field */
            field: string;
            /** Values */
            values: string[];
        };
        /**
         * FilterWord
         * @description One word before a colon.
         *
         *     Args:
         *         word: the word.
         *         takes: what stands after the colon.
         *         values: values that newest runs have.
         */
        FilterWord: {
            /** Takes */
            takes: string;
            /**
             * Values
             * @default []
             */
            values: string[];
            /** Word */
            word: string;
        };
        /**
         * FoundProblem
         * @description One problem of a graph.
         *
         *     Args:
         *         kind: an `error` refuses a run; a `warning` does not.
         *         node: the name of the node, with the names of the nodes around it as in `outer/inner`; None if the whole graph
         *             has the problem.
         *         edge: the position, in the list of edges, of the declaration with the problem; None if an edge does not have
         *             it. The list is that of the graph that has the node.
         *         text: the problem and what to do.
         */
        FoundProblem: {
            /** Edge */
            edge: number | null;
            /**
             * Kind
             * @enum {string}
             */
            kind: "error" | "warning";
            /** Node */
            node: string | null;
            /** Text */
            text: string;
        };
        /**
         * GraphDetail
         * @description One version of a graph, with its document.
         *
         *     Args:
         *         name: the name of the graph.
         *         version: the number of the version.
         *         newest: the number of the newest version.
         *         signature: the id of the stored signature of this version.
         *         author: who saved it.
         *         saved: when it was saved.
         *         note: what the author wrote about it.
         *         nodes: the number of its nodes.
         *         edges: the number of its declarations of edges.
         *         document: the graph as ConditionalGraph.to_dict() writes it. Without secrets for somebody who may not save.
         *         layout: where the editor draws the nodes.
         */
        GraphDetail: {
            /** Author */
            author: string;
            /** Document */
            document: {
                [key: string]: unknown;
            };
            /** Edges */
            edges: number;
            /** Layout */
            layout: {
                [key: string]: unknown;
            };
            /** Name */
            name: string;
            /** Newest */
            newest: number;
            /** Nodes */
            nodes: number;
            /** Note */
            note: string;
            /**
             * Saved
             * Format: date-time
             */
            saved: string;
            /** Signature */
            signature: string;
            /** Version */
            version: number;
        };
        /**
         * GraphDifferences
         * @description The differences between two graphs; false if there are none.
         *
         *     Args:
         *         nodes: the nodes that differ, those of nested graphs too.
         *         edges: the edges that differ, those of nested graphs too.
         *         fields: the settings of the graph that differ, such as `max_visits`.
         *         text: the difference between the Python modules of the graphs, as `diff -u` prints it.
         */
        GraphDifferences: {
            /**
             * Edges
             * @default []
             */
            edges: components["schemas"]["EdgeDifference"][];
            /**
             * Fields
             * @default []
             */
            fields: string[];
            /**
             * Nodes
             * @default []
             */
            nodes: components["schemas"]["NodeDifference"][];
            /**
             * Text
             * @default
             */
            text: string;
        };
        /**
         * GraphEdge
         * @description One edge of a graph.
         *
         *     Args:
         *         source: the id of the node at its begin; `<graph>.S` for START.
         *         target: the id of the node at its end; `<graph>.$` for END.
         *         kind: when it is taken.
         *         label: its condition, key or errors; '' without one.
         *         taken: how often it was taken.
         */
        GraphEdge: {
            kind: components["schemas"]["EdgeKind"];
            /**
             * Label
             * @default
             */
            label: string;
            /** Source */
            source: string;
            /**
             * Taken
             * @default 0
             */
            taken: number;
            /** Target */
            target: string;
        };
        /**
         * GraphPage
         * @description A page of saved graphs with their newest versions; the graph that was saved last comes first.
         *
         *     Args:
         *         graphs: the newest version of each graph.
         *         next: the cursor of the next page; None on the last page.
         */
        GraphPage: {
            /** Graphs */
            graphs: components["schemas"]["SavedGraph"][];
            /** Next */
            next: string | null;
        };
        /**
         * GraphRun
         * @description The document of a graph, and the input of a run of it.
         */
        GraphRun: {
            /**
             * Args
             * @default []
             */
            args: unknown[];
            /**
             * Document
             * @description The graph as ConditionalGraph.to_dict() writes it; it has a JSON Schema.
             */
            document: {
                [key: string]: unknown;
            };
            /**
             * Kwargs
             * @default {}
             */
            kwargs: {
                [key: string]: unknown;
            };
        };
        /**
         * GraphRunStarted
         * @description The test run that was started.
         *
         *     Args:
         *         run: the run.
         */
        GraphRunStarted: {
            run: components["schemas"]["RunView"];
        };
        /**
         * GraphStarted
         * @description The run that was started.
         *
         *     Args:
         *         run: the run.
         */
        GraphStarted: {
            run: components["schemas"]["RunView"];
        };
        /**
         * HourStatistics
         * @description The statistics of one hour.
         *
         *     Args:
         *         hour: the begin of the hour, in UTC.
         */
        HourStatistics: {
            /**
             * @default {
             *       "count": 0
             *     }
             */
            duration: components["schemas"]["Spread"];
            /**
             * Failed
             * @default 0
             */
            failed: number;
            /**
             * Hour
             * Format: date-time
             */
            hour: string;
            /**
             * Lost
             * @default 0
             */
            lost: number;
            /**
             * Resumed
             * @default 0
             */
            resumed: number;
            /**
             * Retried
             * @default 0
             */
            retried: number;
            /**
             * Started
             * @default 0
             */
            started: number;
            /**
             * Succeeded
             * @default 0
             */
            succeeded: number;
            /**
             * Throughput
             * @default 0
             */
            throughput: number;
            /**
             * Vetoed
             * @default 0
             */
            vetoed: number;
            /**
             * @default {
             *       "count": 0
             *     }
             */
            wait: components["schemas"]["Spread"];
        };
        /**
         * InterruptForm
         * @description How to stop running tasks.
         */
        InterruptForm: {
            /**
             * Grace
             * @description Seconds until SIGKILL.
             * @default 10
             */
            grace: number;
            /**
             * Signal
             * @default SIGTERM
             * @enum {string}
             */
            signal: "SIGTERM" | "SIGINT" | "SIGQUIT" | "SIGUSR1" | "SIGUSR2" | "SIGKILL";
        };
        /**
         * InterruptOutcome
         * @description The outcome of an interruption for one task.
         * @enum {string}
         */
        InterruptOutcome: "terminated" | "stopped_itself" | "finished_first" | "unreachable" | "unsupported";
        /**
         * InterruptReport
         * @description The report of `run.interrupt()`.
         *
         *     Args:
         *         run: the run.
         *         signal: the first signal for the processes, unless a task's policy sets another.
         *         grace: seconds until SIGKILL.
         *         tasks: the tasks that were running, with their outcomes.
         */
        InterruptReport: {
            /** Grace */
            grace: number;
            /** Run */
            run: string;
            /** Signal */
            signal: string;
            /**
             * Tasks
             * @default []
             */
            tasks: components["schemas"]["InterruptedTask"][];
        };
        /**
         * InterruptedTask
         * @description One task that was running when its run was interrupted.
         *
         *     Args:
         *         run: the run, or the inner run that replaces a task of it.
         *         node: the id of the node.
         *         task: the task's name.
         *         attempt: the running attempt.
         *         worker: host, process and start of the worker.
         *         outcome: the outcome for the task.
         *         checkpoint: whether the task has a checkpoint from which its next attempt continues.
         */
        InterruptedTask: {
            /** Attempt */
            attempt: number;
            /**
             * Checkpoint
             * @default false
             */
            checkpoint: boolean;
            /** Node */
            node: string;
            outcome: components["schemas"]["InterruptOutcome"];
            /** Run */
            run: string;
            /** Task */
            task: string;
            /** Worker */
            worker: string;
        };
        /**
         * ItemPage
         * @description A page of the items of a swarm, in their order.
         *
         *     Args:
         *         items: the items.
         *         next: the cursor of the next page; None on the last page.
         */
        ItemPage: {
            /** Items */
            items: components["schemas"]["ItemView"][];
            /** Next */
            next: string | null;
        };
        /**
         * ItemView
         * @description One item of a swarm.
         *
         *     `callbacks` are the callbacks that were called after the item, as nodes: `.s0` on success, `.f0` on
         *     failure, `.c0` in any case.
         */
        ItemView: {
            /**
             * Attempts
             * @default 0
             */
            attempts: number;
            /**
             * Callbacks
             * @default []
             */
            callbacks: components["schemas"]["NodeView"][];
            error?: components["schemas"]["ErrorView"] | null;
            /** Finished */
            finished?: string | null;
            /** Index */
            index: number;
            /** Node */
            node: string;
            /** @default 2 */
            priority: components["schemas"]["Priority"];
            progress?: components["schemas"]["NodeProgress"] | null;
            /** Started */
            started?: string | null;
            state: components["schemas"]["NodeState"];
            /** Task */
            task: string;
            /** Worker */
            worker?: string | null;
        };
        /**
         * KindStatistics
         * @description The statistics of one task, or of one category.
         *
         *     Args:
         *         name: the name of the task or of the category; '' for runs without a category.
         */
        KindStatistics: {
            /**
             * @default {
             *       "count": 0
             *     }
             */
            duration: components["schemas"]["Spread"];
            /**
             * Failed
             * @default 0
             */
            failed: number;
            /**
             * Lost
             * @default 0
             */
            lost: number;
            /** Name */
            name: string;
            /**
             * Resumed
             * @default 0
             */
            resumed: number;
            /**
             * Retried
             * @default 0
             */
            retried: number;
            /**
             * Started
             * @default 0
             */
            started: number;
            /**
             * Succeeded
             * @default 0
             */
            succeeded: number;
            /**
             * Throughput
             * @default 0
             */
            throughput: number;
            /**
             * Vetoed
             * @default 0
             */
            vetoed: number;
            /**
             * @default {
             *       "count": 0
             *     }
             */
            wait: components["schemas"]["Spread"];
        };
        /**
         * LogHits
         * @description Lines of all runs, newest first.
         *
         *     Args:
         *         lines: the lines.
         *         more: whether older lines match too.
         *         incomplete: why lines may be missing; '' if none are.
         */
        LogHits: {
            /** Incomplete */
            incomplete: string;
            /** Lines */
            lines: components["schemas"]["LogLine"][];
            /** More */
            more: boolean;
        };
        /**
         * LogLine
         * @description One line.
         *
         *     Args:
         *         id: the place in the run's logs; later lines have greater ids.
         *         time: the time by the worker's clock, in UTC.
         *         level: the name of the level, such as `WARNING`.
         *         logger: the name of the logger; `celery.redirected` for what was printed.
         *         message: the text.
         *         exception: the traceback that was logged with it; '' without one.
         *         run: the run.
         *         node: the id of the node.
         *         task: the task's name.
         *         attempt: the attempt.
         *         worker: the worker's node name.
         */
        LogLine: {
            /** Attempt */
            attempt: number;
            /**
             * Exception
             * @default
             */
            exception: string;
            /** Id */
            id: string;
            /** Level */
            level: string;
            /** Logger */
            logger: string;
            /** Message */
            message: string;
            /** Node */
            node: string;
            /** Run */
            run: string;
            /** Task */
            task: string;
            /**
             * Time
             * Format: date-time
             */
            time: string;
            /** Worker */
            worker: string;
        };
        /**
         * LogPage
         * @description A page of log lines, oldest first.
         *
         *     Args:
         *         lines: the lines.
         *         after: the id of the last line: give it as `after` to get the lines that follow. None without a line.
         *         more: whether more lines follow now.
         */
        LogPage: {
            /** After */
            after: string | null;
            /** Lines */
            lines: components["schemas"]["LogLine"][];
            /** More */
            more: boolean;
        };
        /**
         * LoginForm
         * @description What a person logs in with: a token, or a name and a password.
         */
        LoginForm: {
            /** Password */
            password?: string | null;
            /** Token */
            token?: string | null;
            /** User */
            user?: string | null;
        };
        /**
         * NewItem
         * @description One task to add.
         *
         *     Args:
         *         task: the name of the task.
         *         args: the positional arguments.
         *         kwargs: the keyword arguments.
         */
        NewItem: {
            /**
             * Args
             * @default []
             */
            args: unknown[];
            /**
             * Kwargs
             * @default {}
             */
            kwargs: {
                [key: string]: unknown;
            };
            /** Task */
            task: string;
        };
        /**
         * NewItems
         * @description Tasks to add to a swarm.
         *
         *     Args:
         *         tasks: the tasks.
         *         priority: their priority.
         *         node: id of the swarm, if it is not the whole run.
         *         dry_run: check them, and add none.
         */
        NewItems: {
            /**
             * Dry Run
             * @default false
             */
            dry_run: boolean;
            /**
             * Node
             * @default 0
             */
            node: string;
            /**
             * Priority
             * @default MEDIUM
             * @enum {string}
             */
            priority: "HIGH" | "MEDIUM" | "LOW";
            /** Tasks */
            tasks: components["schemas"]["NewItem"][];
        };
        /**
         * NodeDetail
         * @description One node with its data.
         *
         *     Args:
         *         node: the node, with the first of its children; its error has the traceback.
         *         parent: the id of the node above it; None for the root.
         *         input: what it gets from the step before, or from the run; None if it gets nothing or that is not known yet.
         *         args: the positional arguments of its task, after its input; None for a composite.
         *         kwargs: the keyword arguments of its task; None for a composite.
         *         result: its result; None unless it succeeded.
         *         checkpoint: its last checkpoint; None without one.
         */
        NodeDetail: {
            args: components["schemas"]["Shown"] | null;
            checkpoint: components["schemas"]["Shown"] | null;
            input: components["schemas"]["Shown"] | null;
            kwargs: components["schemas"]["Shown"] | null;
            node: components["schemas"]["NodeView"];
            /** Parent */
            parent: string | null;
            result: components["schemas"]["Shown"] | null;
        };
        /**
         * NodeDifference
         * @description A node that was added, removed or changed.
         *
         *     Args:
         *         name: the name; of a node in a nested graph with the path, such as `ship/pack`.
         *         change: added, removed or changed.
         *         fields: what changed: `task`, `args`, `kwargs`, `options`, `immutable` of a task, `signature` of another body,
         *             and arguments of `add_node`.
         */
        NodeDifference: {
            /**
             * Change
             * @enum {string}
             */
            change: "added" | "removed" | "changed";
            /**
             * Fields
             * @default []
             */
            fields: string[];
            /** Name */
            name: string;
        };
        /**
         * NodeForm
         * @description A node, or none for the whole run.
         */
        NodeForm: {
            /**
             * Node
             * @description Id of a node.
             */
            node?: string | null;
        };
        /**
         * NodeKind
         * @description The kind of a node: a task, or a composite, which exists only as records.
         * @enum {string}
         */
        NodeKind: "task" | "chain" | "group" | "chord" | "swarm" | "complex" | "graph" | "node" | "map" | "approval";
        /**
         * NodeProgress
         * @description The progress that a task reported by `current_node().progress()`, or the progress of a composite.
         *
         *     Args:
         *         done: the amount done, in the task's own units; of a composite, the tasks that are done.
         *         total: the whole amount; None if the task does not know it.
         *         message: the task's message.
         *         at: the time of the report; None of a composite.
         */
        NodeProgress: {
            /** At */
            at: string | null;
            /** Done */
            done: number;
            /** Message */
            message: string;
            /** Total */
            total: number | null;
        };
        /**
         * NodeState
         * @description State of one node of a run's tree.
         * @enum {string}
         */
        NodeState: "WAITING" | "QUEUED" | "RUNNING" | "AWAITING" | "INTERRUPTED" | "SUCCEEDED" | "FAILED" | "SKIPPED";
        /**
         * NodeTimes
         * @description The times of one node. All are times of the store's clock, of the node's last attempt.
         *
         *     Args:
         *         node: the id of the node; `run.timeline(after=...)` goes on after it.
         *         name: the task's name, or the name of the composite.
         *         kind: the kind of the node.
         *         state: the state of the node.
         *         queued: when its turn came; None for a composite, and for a node that an earlier release started.
         *         published: when its message was sent last, or its planned start if it has a delay; None while its run is
         *             suspended, because its message is sent again.
         *         started: when its body began; of a composite, when its first node began; of an approval, when it asked.
         *         finished: when it ended.
         *         attempts: the number of its last attempt; 0 for a composite.
         *         worker: the process that runs it, or ran it.
         */
        NodeTimes: {
            /**
             * Attempts
             * @default 0
             */
            attempts: number;
            /** Finished */
            finished?: string | null;
            kind: components["schemas"]["NodeKind"];
            /** Name */
            name: string;
            /** Node */
            node: string;
            /** Published */
            published?: string | null;
            /** Queued */
            queued?: string | null;
            /** Started */
            started?: string | null;
            state: components["schemas"]["NodeState"];
            /** Worker */
            worker?: string | null;
        };
        /**
         * NodeView
         * @description One node of `run.tree()`.
         *
         *     `state` is the node's own state. `inner` counts the states of the children on this page. `progress` is the last
         *     report of the node's task, and a new attempt begins without it; of a composite it is the number of tasks below it
         *     that are done. For a graph's node the view shows the newest visit under the node's name: `visits` is the number of
         *     visits, and `earlier` holds the previous visits, retries included. For an approval, `answer` is its answer. `open`
         *     says whether a swarm takes items now. `replaced_by` is the id of the run that stands in for a task that replaced
         *     itself by a canvas, and `replacement` is the root of that run; ids below it are those of its own nodes.
         *     `NodeTimes` describes the times.
         */
        NodeView: {
            answer?: components["schemas"]["AnswerView"] | null;
            /**
             * Attempts
             * @default 0
             */
            attempts: number;
            /**
             * Callbacks
             * @default []
             */
            callbacks: components["schemas"]["NodeView"][];
            /**
             * Children
             * @default []
             */
            children: components["schemas"]["NodeView"][];
            /**
             * Children Total
             * @default 0
             */
            children_total: number;
            /**
             * Earlier
             * @default []
             */
            earlier: components["schemas"]["NodeView"][];
            error?: components["schemas"]["ErrorView"] | null;
            /** Finished */
            finished?: string | null;
            /** Id */
            id: string;
            kind: components["schemas"]["NodeKind"];
            /** Name */
            name: string;
            /**
             * Open
             * @default false
             */
            open: boolean;
            progress?: components["schemas"]["NodeProgress"] | null;
            /** Published */
            published?: string | null;
            /** Queued */
            queued?: string | null;
            /** Replaced By */
            replaced_by?: string | null;
            replacement?: components["schemas"]["NodeView"] | null;
            /** Started */
            started?: string | null;
            state: components["schemas"]["NodeState"];
            /**
             * Visits
             * @default 1
             */
            visits: number;
            /** Worker */
            worker?: string | null;
        };
        /**
         * Overview
         * @description The first page.
         *
         *     Args:
         *         approvals: what waits for a person.
         *         failed: the runs that failed in the asked time.
         *         running: the runs that run now.
         *         held: the runs that are suspended or interrupted.
         *         workers: the workers; those that are gone have `alive` False.
         *         stats: the statistics of the asked time.
         */
        Overview: {
            /** Approvals */
            approvals: components["schemas"]["ApprovalView"][];
            /** Failed */
            failed: components["schemas"]["RunView"][];
            /** Held */
            held: components["schemas"]["RunView"][];
            /** Running */
            running: components["schemas"]["RunView"][];
            stats: components["schemas"]["Statistics"];
            /** Workers */
            workers: components["schemas"]["WorkerView"][];
        };
        /**
         * Priority
         * @description Priority of a swarm's item: a free slot goes to the highest priority that waits.
         * @enum {integer}
         */
        Priority: 1 | 2 | 3;
        /**
         * PriorityForm
         * @description Which waiting items of a swarm get which priority: an index, a list of them, or the name of a task.
         */
        PriorityForm: {
            /**
             * Node
             * @default 0
             */
            node: string;
            /**
             * Priority
             * @enum {string}
             */
            priority: "HIGH" | "MEDIUM" | "LOW";
            /** Which */
            which: number | number[] | string;
        };
        /**
         * Problem
         * @description A problem document (RFC 9457).
         *
         *     Args:
         *         type: names the kind of the problem.
         *         title: the kind of the problem in words.
         *         status: the HTTP status.
         *         detail: what was refused, why, and what to do.
         *         error: the name of the error's class.
         *         problems: single problems, of a graph or of the fields of a request.
         */
        Problem: {
            /** Detail */
            detail: string;
            /** Error */
            error: string;
            /**
             * Problems
             * @default []
             */
            problems: components["schemas"]["FieldProblem"][];
            /** Status */
            status: number;
            /** Title */
            title: string;
            /** Type */
            type: string;
        };
        /**
         * Progress
         * @description The progress of a run in tasks; callbacks do not count.
         *
         *     Args:
         *         total: the tasks known now; the number grows when items are added to an open swarm.
         *         done: the tasks that succeeded.
         *         failed: the tasks that failed after all retries.
         *         fraction: the share that is done, 0 to 1: ended tasks, and the shares that running tasks have reported.
         *         rate: the tasks ended per second since the run started, without the time that it was suspended.
         *         eta: the estimated seconds to the end; None if no estimate is possible, and while the run is suspended.
         *         eta_low: a lower bound. The end lies between the bounds in four of five runs.
         *         eta_high: an upper bound.
         *         grows: whether items may be added to the swarm. Then the estimate is that of the known tasks.
         */
        Progress: {
            /** Done */
            done: number;
            /** Eta */
            eta: number | null;
            /** Eta High */
            eta_high?: number | null;
            /** Eta Low */
            eta_low?: number | null;
            /** Failed */
            failed: number;
            /** Fraction */
            fraction: number;
            /**
             * Grows
             * @default false
             */
            grows: boolean;
            /** Rate */
            rate: number;
            /** Running */
            running: number;
            /** Total */
            total: number;
            /** Waiting */
            waiting: number;
        };
        /**
         * PurgeForm
         * @description The confirmation of a purge: the id of the signature, typed again.
         */
        PurgeForm: {
            /** Confirm */
            confirm: string;
        };
        /**
         * PythonForm
         * @description The document of a graph, and the variable that the graph gets in a module.
         */
        PythonForm: {
            /**
             * Document
             * @description The graph as ConditionalGraph.to_dict() writes it; it has a JSON Schema.
             */
            document: {
                [key: string]: unknown;
            };
            /**
             * Name
             * @default graph
             */
            name: string;
        };
        /**
         * PythonModule
         * @description A Python module.
         *
         *     Args:
         *         code: its text.
         */
        PythonModule: {
            /** Code */
            code: string;
        };
        /**
         * Rejection
         * @description One task that was not added, with the reason.
         */
        Rejection: {
            /** Index */
            index: number;
            /** Reason */
            reason: string;
            /** Task */
            task: string;
        };
        /**
         * RerunForm
         * @description The run with whose input a new run starts; by default the newest.
         */
        RerunForm: {
            /** Run */
            run?: string | null;
        };
        /**
         * ResumeAction
         * @description The action of a sweep on one node.
         * @enum {string}
         */
        ResumeAction: "resumed" | "started" | "kept" | "skipped" | "refused" | "unreadable" | "failed";
        /**
         * ResumeReport
         * @description The actions of one sweep; a sweep without actions leaves no report.
         *
         *     Args:
         *         time: the time by the store's clock.
         *         worker: the worker that swept.
         *         dead: workers that were found dead.
         *         looked_at: the number of runs that were checked.
         *         nodes: the action on each node; the first `LISTED` nodes of each action.
         *         counts: the number of nodes of each action, listed or not.
         */
        ResumeReport: {
            /**
             * Counts
             * @default {}
             */
            counts: {
                [key: string]: number;
            };
            /**
             * Dead
             * @default []
             */
            dead: string[];
            /**
             * Looked At
             * @default 0
             */
            looked_at: number;
            /**
             * Nodes
             * @default []
             */
            nodes: components["schemas"]["ResumedNode"][];
            /**
             * Time
             * Format: date-time
             */
            time: string;
            /** Worker */
            worker: string;
        };
        /**
         * ResumedNode
         * @description One node of a report.
         *
         *     Args:
         *         attempt: the attempt that begins, or the attempt that was given up.
         *         checkpoint: whether the node continues from a checkpoint.
         *         delay: seconds until the node starts, to spread the load.
         *         reason: the rule of a refusal, or the cause of a failure.
         */
        ResumedNode: {
            action: components["schemas"]["ResumeAction"];
            /** Attempt */
            attempt: number;
            /**
             * Checkpoint
             * @default false
             */
            checkpoint: boolean;
            /**
             * Delay
             * @default 0
             */
            delay: number;
            /** Node */
            node: string;
            /**
             * Owner
             * @default
             */
            owner: string;
            /**
             * Reason
             * @default
             */
            reason: string;
            /** Run */
            run: string;
            /** Task */
            task: string;
        };
        /**
         * RollBackForm
         * @description The version to save again as the newest one, a note, and the number of the newest version as it was read.
         */
        RollBackForm: {
            /** Base */
            base?: number | null;
            /**
             * Note
             * @default
             */
            note: string;
            /** Version */
            version: number;
        };
        /**
         * RunCounts
         * @description How many runs match a filter.
         *
         *     Args:
         *         total: the number of runs.
         *         statuses: the number of runs by status.
         *         exact: whether all matching runs were counted; else there are more.
         */
        RunCounts: {
            /** Exact */
            exact: boolean;
            /** Statuses */
            statuses: {
                [key: string]: number;
            };
            /** Total */
            total: number;
        };
        /**
         * RunDetail
         * @description One run.
         *
         *     Args:
         *         run: its status, times and counts.
         *         progress: its progress in tasks.
         *         verbs: each verb, and whether the status allows it.
         *         approvals: the approvals that wait for an answer.
         */
        RunDetail: {
            /** Approvals */
            approvals: components["schemas"]["ApprovalView"][];
            progress: components["schemas"]["Progress"];
            run: components["schemas"]["RunView"];
            /** Verbs */
            verbs: components["schemas"]["VerbChoice"][];
        };
        /**
         * RunForm
         * @description The arguments for the first tasks of a run.
         */
        RunForm: {
            /**
             * Args
             * @default []
             */
            args: unknown[];
            /**
             * Kwargs
             * @default {}
             */
            kwargs: {
                [key: string]: unknown;
            };
        };
        /**
         * RunGraphForm
         * @description The arguments of a run, and the number of the version; by default the newest.
         */
        RunGraphForm: {
            /**
             * Args
             * @default []
             */
            args: unknown[];
            /**
             * Kwargs
             * @default {}
             */
            kwargs: {
                [key: string]: unknown;
            };
            /** Version */
            version?: number | null;
        };
        /**
         * RunPage
         * @description A page of a list of runs, newest first.
         *
         *     Args:
         *         runs: the runs.
         *         next: the cursor of the next page; None on the last page.
         *         filter: the filter as it was understood.
         */
        RunPage: {
            /** Filter */
            filter: string;
            /** Next */
            next: string | null;
            /** Runs */
            runs: components["schemas"]["RunView"][];
        };
        /**
         * RunStatus
         * @description Status of a whole run, as `run.status` returns it.
         * @enum {string}
         */
        RunStatus: "PENDING" | "RUNNING" | "SUSPENDED" | "INTERRUPTED" | "SUCCEEDED" | "FAILED" | "CANCELLED";
        /**
         * RunView
         * @description One run as `orchestrator.runs()` lists it.
         *
         *     Args:
         *         name: the name of the workflow; without one, the name of its first task.
         *         category: the category given when the run was started.
         *         tags: the tags given when the run was started.
         *         tasks: the names of its tasks, including those of items added to a swarm.
         *         signature: the id of the run's `StoredSignature`; the run's own id if it was applied without one.
         *         rerun_of: the run of which this is a rerun.
         *         eta: when the run starts, or was to start, by its `countdown` or `eta`; None for a run without a delay.
         */
        RunView: {
            /** Category */
            category?: string | null;
            /**
             * Created
             * Format: date-time
             */
            created: string;
            /**
             * Done
             * @default 0
             */
            done: number;
            /** Eta */
            eta?: string | null;
            /**
             * Failed
             * @default 0
             */
            failed: number;
            /** Finished */
            finished?: string | null;
            /** Id */
            id: string;
            kind: components["schemas"]["NodeKind"];
            /** Name */
            name: string;
            /** Rerun Of */
            rerun_of?: string | null;
            /**
             * Signature
             * @default
             */
            signature: string;
            /** Started */
            started?: string | null;
            status: components["schemas"]["RunStatus"];
            /**
             * Tags
             * @default []
             */
            tags: string[];
            /**
             * Tasks
             * @default []
             */
            tasks: string[];
            /**
             * Total
             * @default 0
             */
            total: number;
        };
        /**
         * SaveForm
         * @description A new version: the document, where nodes are drawn, a note, and the number of the version that was changed.
         */
        SaveForm: {
            /** Base */
            base?: number | null;
            /**
             * Document
             * @description The graph as ConditionalGraph.to_dict() writes it; it has a JSON Schema.
             */
            document: {
                [key: string]: unknown;
            };
            /**
             * Layout
             * @default {}
             */
            layout: {
                [key: string]: unknown;
            };
            /**
             * Note
             * @default
             */
            note: string;
        };
        /**
         * SavedGraph
         * @description One version of a graph, as lists show it.
         *
         *     Args:
         *         name: the name of the graph.
         *         version: the number of the version; the first is 1. Numbers are not used again as long as the name has a
         *             version.
         *         signature: the id of the stored signature of this version, which its runs name.
         *         author: who saved it: the actor of the audit trail.
         *         saved: when it was saved, in UTC.
         *         note: what the author wrote about it.
         *         nodes: the number of its nodes.
         *         edges: the number of its declarations of edges.
         */
        SavedGraph: {
            /** Author */
            author: string;
            /** Edges */
            edges: number;
            /** Name */
            name: string;
            /** Nodes */
            nodes: number;
            /** Note */
            note: string;
            /**
             * Saved
             * Format: date-time
             */
            saved: string;
            /** Signature */
            signature: string;
            /** Version */
            version: number;
        };
        /**
         * SavedView
         * @description A filter of runs with a name, as `orchestrator.views` saves it.
         *
         *     Args:
         *         name: its name; unique among the shared views, and among the views of its owner.
         *         filter: the text form of the filter; '' for all runs.
         *         columns: the columns that a page shows; () for those that the reader chose last.
         *         owner: the actor who saved it first.
         *         shared: whether everybody sees it.
         *         version: 1, 2, ...; each change counts.
         *         saved: the time of the last change by the store's clock, in UTC.
         */
        SavedView: {
            /**
             * Columns
             * @default []
             */
            columns: string[];
            /** Filter */
            filter: string;
            /** Name */
            name: string;
            /** Owner */
            owner: string;
            /**
             * Saved
             * Format: date-time
             */
            saved: string;
            /** Shared */
            shared: boolean;
            /** Version */
            version: number;
        };
        /**
         * SessionView
         * @description Who is logged in.
         *
         *     Args:
         *         actor: the name for the audit trail; None if nobody is logged in.
         *         role: the role; None if nobody is logged in.
         *         verbs: the verbs that the role allows.
         *         csrf: the value for the header `X-CSRF-Token` of every request that changes something.
         *         read_only: whether the dashboard refuses all verbs.
         *         login: how people log in; `none` on this machine without authentication.
         *         app: the name of the Celery app.
         */
        SessionView: {
            /** Actor */
            actor: string | null;
            /** App */
            app: string;
            /** Csrf */
            csrf: string | null;
            /**
             * Login
             * @enum {string}
             */
            login: "none" | "token" | "basic" | "oidc" | "django";
            /** Read Only */
            read_only: boolean;
            /** Role */
            role: ("viewer" | "operator" | "admin") | null;
            /** Verbs */
            verbs: string[];
        };
        /**
         * Shown
         * @description A value of a task: its arguments, its result, its checkpoint.
         *
         *     Args:
         *         value: the value as JSON; what JSON does not know is text.
         *         exact: whether the value is JSON as it stands, and no part was hidden or left out.
         *         cut: whether parts were left out because the value is long.
         */
        Shown: {
            /**
             * Cut
             * @default false
             */
            cut: boolean;
            /**
             * Exact
             * @default true
             */
            exact: boolean;
            /** Value */
            value?: unknown;
        };
        /**
         * SignaturePage
         * @description A page of stored signatures, newest first.
         *
         *     Args:
         *         signatures: the signatures.
         *         next: the cursor of the next page; None on the last page.
         */
        SignaturePage: {
            /** Next */
            next: string | null;
            /** Signatures */
            signatures: components["schemas"]["SignatureView"][];
        };
        /**
         * SignatureStatus
         * @description Status of a stored signature; its runs have a status of their own.
         * @enum {string}
         */
        SignatureStatus: "ACTIVE" | "MARKED_FOR_DELETION";
        /**
         * SignatureView
         * @description A stored signature.
         *
         *     Args:
         *         id: its id.
         *         name: its name; '' without one.
         *         status: ACTIVE or MARKED_FOR_DELETION.
         *         saved: whether it was saved; False for the signature of a run.
         *         category: the category of its runs.
         *         tags: the tags of its runs.
         *         created: when it was saved, or its run created.
         *         delete_at: when it is deleted; None if it is not marked.
         */
        SignatureView: {
            /** Category */
            category: string | null;
            /**
             * Created
             * Format: date-time
             */
            created: string;
            /** Delete At */
            delete_at: string | null;
            /** Id */
            id: string;
            /** Name */
            name: string;
            /** Saved */
            saved: boolean;
            status: components["schemas"]["SignatureStatus"];
            /** Tags */
            tags: string[];
        };
        /**
         * Spread
         * @description How times are spread, in seconds. Percentiles are exact to 2.5 %; None if no time was counted.
         *
         *     Args:
         *         count: the number of times.
         *         mean: their mean.
         *         p50: half of the times are shorter.
         *         p95: 95 % of the times are shorter.
         *         p99: 99 % of the times are shorter.
         */
        Spread: {
            /**
             * Count
             * @default 0
             */
            count: number;
            /** Mean */
            mean?: number | null;
            /** P50 */
            p50?: number | null;
            /** P95 */
            p95?: number | null;
            /** P99 */
            p99?: number | null;
        };
        /**
         * StandInError
         * @description The error that a node is to have: the name of its class, and its message.
         */
        StandInError: {
            /**
             * Message
             * @default
             */
            message: string;
            /** Type */
            type: string;
        };
        /**
         * StartForm
         * @description How to start a task as a run of its own.
         *
         *     Args:
         *         args: the positional arguments.
         *         kwargs: the keyword arguments.
         *         name: the name of the run; by default that of the task.
         *         tags: the tags of the run.
         */
        StartForm: {
            /**
             * Args
             * @default []
             */
            args: unknown[];
            /**
             * Kwargs
             * @default {}
             */
            kwargs: {
                [key: string]: unknown;
            };
            /** Name */
            name?: string | null;
            /**
             * Tags
             * @default []
             */
            tags: string[];
        };
        /**
         * Started
         * @description The run that was started.
         *
         *     Args:
         *         run: the run.
         */
        Started: {
            run: components["schemas"]["RunView"];
        };
        /**
         * Statistics
         * @description The statistics of all tasks that were asked for.
         *
         *     Workers add up what they see and write it every few seconds. So the newest seconds may be missing, and a worker that
         *     is killed loses some.
         *
         *     Args:
         *         since: the begin of the first hour.
         *         until: the time of the call.
         *         started: the bodies that began; each try counts.
         *         succeeded: the bodies that returned.
         *         failed: the bodies that raised, and the messages that can never run a body.
         *         retried: the bodies that asked for another try.
         *         lost: the bodies whose process was gone.
         *         resumed: the bodies that were started again after that.
         *         vetoed: the messages whose body did not begin, because it was superseded, suspended or running already.
         *         series: each hour in which something was counted, the oldest first.
         *         tasks: each task, by name.
         *         categories: each category, by name.
         */
        Statistics: {
            /**
             * Categories
             * @default []
             */
            categories: components["schemas"]["KindStatistics"][];
            /**
             * @default {
             *       "count": 0
             *     }
             */
            duration: components["schemas"]["Spread"];
            /**
             * Failed
             * @default 0
             */
            failed: number;
            /**
             * Lost
             * @default 0
             */
            lost: number;
            /**
             * Resumed
             * @default 0
             */
            resumed: number;
            /**
             * Retried
             * @default 0
             */
            retried: number;
            /**
             * Series
             * @default []
             */
            series: components["schemas"]["HourStatistics"][];
            /**
             * Since
             * Format: date-time
             */
            since: string;
            /**
             * Started
             * @default 0
             */
            started: number;
            /**
             * Succeeded
             * @default 0
             */
            succeeded: number;
            /**
             * Tasks
             * @default []
             */
            tasks: components["schemas"]["KindStatistics"][];
            /**
             * Throughput
             * @default 0
             */
            throughput: number;
            /**
             * Until
             * Format: date-time
             */
            until: string;
            /**
             * Vetoed
             * @default 0
             */
            vetoed: number;
            /**
             * @default {
             *       "count": 0
             *     }
             */
            wait: components["schemas"]["Spread"];
        };
        /**
         * StatusMessage
         * @description Why a run stands where it stands.
         *
         *     Args:
         *         message: the status in one sentence, with the reason and what to do if the run does not move.
         */
        StatusMessage: {
            /** Message */
            message: string;
        };
        /**
         * TaskParameter
         * @description One parameter of a task.
         *
         *     Args:
         *         name: its name.
         *         required: whether it has no default.
         *         default: the default as text; '' without one.
         *         keyword: whether it can only be given by its name.
         *         json_schema: the JSON Schema of its type hint; empty if nothing is known of it.
         */
        TaskParameter: {
            /**
             * Default
             * @default
             */
            default: string;
            /**
             * Json Schema
             * @default {}
             */
            json_schema: {
                [key: string]: unknown;
            };
            /**
             * Keyword
             * @default false
             */
            keyword: boolean;
            /** Name */
            name: string;
            /** Required */
            required: boolean;
        };
        /**
         * TaskStarted
         * @description The run that was started.
         *
         *     Args:
         *         run: the run.
         */
        TaskStarted: {
            run: components["schemas"]["RunView"];
        };
        /**
         * TaskView
         * @description A task of the project.
         */
        TaskView: {
            /**
             * Any Args
             * @default false
             */
            any_args: boolean;
            /**
             * Any Kwargs
             * @default false
             */
            any_kwargs: boolean;
            /**
             * Category
             * @default
             */
            category: string;
            /**
             * Doc
             * @default
             */
            doc: string;
            /**
             * Lacking
             * @default []
             */
            lacking: string[];
            /** Name */
            name: string;
            /** Parameters */
            parameters?: components["schemas"]["TaskParameter"][] | null;
            /**
             * Policy
             * @default {}
             */
            policy: {
                [key: string]: unknown;
            };
            /**
             * Workers
             * @default []
             */
            workers: string[];
        };
        /**
         * TemplateForm
         * @description The parameters of a template: signatures are objects, expressions are lists.
         */
        TemplateForm: {
            /**
             * Parameters
             * @default {}
             */
            parameters: {
                [key: string]: unknown;
            };
        };
        /**
         * TemplateGraph
         * @description The graph that a template made.
         *
         *     Args:
         *         document: its document.
         */
        TemplateGraph: {
            /** Document */
            document: {
                [key: string]: unknown;
            };
        };
        /**
         * TemplateView
         * @description A template.
         *
         *     Args:
         *         name: its name.
         *         summary: what its graph does, in one sentence.
         *         parameters: the JSON Schema of its parameters.
         */
        TemplateView: {
            /** Name */
            name: string;
            /** Parameters */
            parameters: {
                [key: string]: unknown;
            };
            /** Summary */
            summary: string;
        };
        /**
         * TimelinePage
         * @description A page of the times of nodes, in the order of the tree.
         *
         *     Args:
         *         nodes: when each node waited and ran.
         *         next: the cursor of the next page; None on the last page.
         */
        TimelinePage: {
            /** Next */
            next: string | null;
            /** Nodes */
            nodes: components["schemas"]["NodeTimes"][];
        };
        /**
         * VerbChoice
         * @description Whether a verb is possible on a run, as `RunView.verbs` lists it.
         *
         *     Args:
         *         verb: the name of the method of `Run`.
         *         allowed: whether the status allows it.
         *         effect: what it does; '' if it is not allowed.
         *         refusal: why it is not allowed, and what is possible; '' if it is allowed.
         */
        VerbChoice: {
            /** Allowed */
            allowed: boolean;
            /**
             * Effect
             * @default
             */
            effect: string;
            /**
             * Refusal
             * @default
             */
            refusal: string;
            /** Verb */
            verb: string;
        };
        /**
         * VerbDone
         * @description The outcome of a verb.
         *
         *     Args:
         *         verb: the verb.
         *         run: the run after the verb; None if it was deleted.
         *         made: the id of the run that the verb made; None if it made none.
         *         report: what happened to each running task, after `interrupt`.
         *         changed: the number of items that changed; None if the verb counts none.
         *         audit: the entry of the audit trail.
         */
        VerbDone: {
            audit?: components["schemas"]["AuditEntry"] | null;
            /** Changed */
            changed?: number | null;
            /** Made */
            made?: string | null;
            report?: components["schemas"]["InterruptReport"] | null;
            run?: components["schemas"]["RunView"] | null;
            /** Verb */
            verb: string;
        };
        /**
         * ViewChoice
         * @description Which version of which view is deleted.
         *
         *     Args:
         *         name: its name.
         *         shared: the shared view, not the visitor's own.
         *         base: the version that the visitor has read.
         */
        ViewChoice: {
            /** Base */
            base: number;
            /** Name */
            name: string;
            /**
             * Shared
             * @default false
             */
            shared: boolean;
        };
        /**
         * ViewForm
         * @description A view to save.
         *
         *     Args:
         *         name: its name.
         *         filter: the filter, such as `status:FAILED tag:eu`; '' for all runs.
         *         columns: the columns that the page shows; empty for those that the reader chose last.
         *         shared: save it for everybody, not for the visitor alone.
         *         base: the version that it replaces; 0 for a new view.
         */
        ViewForm: {
            /**
             * Base
             * @default 0
             */
            base: number;
            /**
             * Columns
             * @default []
             */
            columns: string[];
            /**
             * Filter
             * @default
             */
            filter: string;
            /** Name */
            name: string;
            /**
             * Shared
             * @default false
             */
            shared: boolean;
        };
        /**
         * WorkerView
         * @description One worker.
         *
         *     Args:
         *         id: its node name, process and start.
         *         name: its node name, as `celery status` shows it.
         *         alive: whether its lease holds.
         *         seen: the time of its last heartbeat; None if none is known.
         *         tasks: the names of the tasks that it can run.
         *         queues: the queues that it consumes.
         *         running: the tasks that it was running at its last heartbeat, as ids `<run>:<node>:<attempt>`.
         */
        WorkerView: {
            /** Alive */
            alive: boolean;
            /** Id */
            id: string;
            /** Name */
            name: string;
            /**
             * Queues
             * @default []
             */
            queues: string[];
            /**
             * Running
             * @default []
             */
            running: string[];
            /** Seen */
            seen?: string | null;
            /**
             * Tasks
             * @default []
             */
            tasks: string[];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    list_approvals: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApprovalView"][];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    answer_approvals: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Answers"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Answered"][];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_audit: {
        parameters: {
            query?: {
                run?: string | null;
                signature?: string | null;
                verb?: string | null;
                actor?: string | null;
                since?: string | null;
                until?: string | null;
                cursor?: string | null;
                /** @description Most entries. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditPage"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    apply_bulk: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BulkCall"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkOutcome"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    plan_bulk: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BulkForm"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkPlan"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    check_setup: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Check"][];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_filter: {
        parameters: {
            query?: {
                /** @description Which runs, such as `status:FAILED tag:eu since:2h`; '' means all. */
                filter?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FilterReading"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_words: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FilterWord"][];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_templates: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TemplateView"][];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    build_template: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                template: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TemplateForm"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TemplateGraph"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    check_graph: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CheckForm"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckedGraph"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    compare_graphs: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DiffForm"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GraphDifferences"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    dry_run_graph: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DryRunForm"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DryRun"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    write_graph: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PythonForm"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PythonModule"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    test_run_graph: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["GraphRun"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GraphRunStarted"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_graphs: {
        parameters: {
            query?: {
                text?: string | null;
                cursor?: string | null;
                /** @description Most entries. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GraphPage"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_saved_graph: {
        parameters: {
            query?: {
                version?: number | null;
            };
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GraphDetail"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    roll_back_graph: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RollBackForm"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GraphDetail"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    run_graph: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RunGraphForm"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GraphStarted"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_graph_versions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SavedGraph"][];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    save_graph: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SaveForm"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GraphDetail"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    begin_login: {
        parameters: {
            query?: {
                next?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            302: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    finish_login: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            302: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    search_logs: {
        parameters: {
            query?: {
                /** @description Which runs, such as `status:FAILED tag:eu since:2h`; '' means all. */
                filter?: string;
                level?: ("DEBUG" | "INFO" | "WARNING" | "ERROR" | "CRITICAL") | null;
                /** @description Words, "phrases", prefix*, AND, OR, NOT. */
                search?: string | null;
                /** @description A time, or an age such as `10m`. */
                since?: string | null;
                /** @description Most lines. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LogHits"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_overview: {
        parameters: {
            query?: {
                /** @description A time, or an age such as `24h`. */
                since?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Overview"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_resume_reports: {
        parameters: {
            query?: {
                /** @description Number of entries to leave out. */
                offset?: number;
                /** @description Most entries. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ResumeReport"][];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_runs: {
        parameters: {
            query?: {
                /** @description Which runs, such as `status:FAILED tag:eu since:2h`; '' means all. */
                filter?: string;
                cursor?: string | null;
                /** @description Most entries. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunPage"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    count_runs: {
        parameters: {
            query?: {
                /** @description Which runs, such as `status:FAILED tag:eu since:2h`; '' means all. */
                filter?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunCounts"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunDetail"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CancelForm"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VerbDone"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    plan_cancel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CancelPlan"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    close: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CloseForm"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VerbDone"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_edges: {
        parameters: {
            query?: {
                /** @description Id of a node, by default the root. */
                node?: string;
            };
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Edges"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_events: {
        parameters: {
            query?: {
                /** @description Id of the last entry already seen. */
                after?: string;
                /** @description Most entries. */
                limit?: number;
            };
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventPage"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    interrupt: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["InterruptForm"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VerbDone"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_items: {
        parameters: {
            query?: {
                /** @description Id of a node, by default the root. */
                node?: string;
                state?: components["schemas"]["NodeState"] | null;
                cursor?: string | null;
                /** @description Most entries. */
                limit?: number;
            };
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemPage"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    add_tasks: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewItems"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkReport"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_logs: {
        parameters: {
            query?: {
                level?: ("DEBUG" | "INFO" | "WARNING" | "ERROR" | "CRITICAL") | null;
                /** @description A node; the nodes below it count too. */
                node?: string | null;
                /** @description Text in the message or the traceback. */
                search?: string | null;
                /** @description A time, or an age such as `10m`. */
                since?: string | null;
                /** @description Id of the last entry already seen. */
                after?: string;
                /** @description The newest lines, in place of the first ones. */
                tail?: boolean;
                /** @description Most entries. */
                limit?: number;
            };
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LogPage"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    export_logs: {
        parameters: {
            query?: {
                form?: "jsonl" | "text";
                level?: ("DEBUG" | "INFO" | "WARNING" | "ERROR" | "CRITICAL") | null;
                /** @description A node; the nodes below it count too. */
                node?: string | null;
                /** @description Text in the message or the traceback. */
                search?: string | null;
            };
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All lines. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": unknown;
                    "text/plain": unknown;
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    explain_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatusMessage"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_node: {
        parameters: {
            query?: {
                /** @description Most entries. */
                limit?: number;
            };
            header?: never;
            path: {
                node: string;
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NodeDetail"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    detach: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                node: string;
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VerbDone"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    skip: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                node: string;
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VerbDone"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    set_priority: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PriorityForm"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VerbDone"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_progress: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Progress"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rerun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NodeForm"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VerbDone"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resume: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VerbDone"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    retry: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NodeForm"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VerbDone"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    suspend: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VerbDone"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_timeline: {
        parameters: {
            query?: {
                cursor?: string | null;
                /** @description Most entries. */
                limit?: number;
            };
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TimelinePage"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_tree: {
        parameters: {
            query?: {
                /** @description Id of a node, by default the root. */
                node?: string;
                /** @description Levels below the node; by default all. */
                depth?: number | null;
                /** @description Number of entries to leave out. */
                offset?: number;
                /** @description Most entries. */
                limit?: number;
            };
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NodeView"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionView"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    log_in: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LoginForm"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionView"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    log_out: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_signatures: {
        parameters: {
            query?: {
                status?: components["schemas"]["SignatureStatus"] | null;
                saved?: boolean | null;
                category?: string | null;
                tag?: string | null;
                name?: string | null;
                text?: string | null;
                cursor?: string | null;
                /** @description Most entries. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignaturePage"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_signature: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                signature: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignatureView"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_signature: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                signature: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DeleteForm"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignatureView"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    purge_signature: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                signature: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PurgeForm"];
            };
        };
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rerun_signature: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                signature: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RerunForm"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Started"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    restore_signature: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                signature: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignatureView"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    run_signature: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                signature: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RunForm"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Started"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_runs_of: {
        parameters: {
            query?: {
                /** @description Most entries. */
                limit?: number;
            };
            header?: never;
            path: {
                signature: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunView"][];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_stats: {
        parameters: {
            query?: {
                /** @description A task; `*` stands for any characters. */
                task?: string | null;
                category?: string | null;
                /** @description A time, or an age such as `24h`. */
                since?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Statistics"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    follow_changes: {
        parameters: {
            query: {
                /** @description What the page looks at, with commas between: `runs`, `audit`, `stats`, `workers`, `run:<id>`, `logs:<id>`. A comma or a percent sign in an id is percent-encoded. */
                topics: string;
                /** @description The id of the last message; resumes. */
                after?: number | null;
            };
            header?: {
                "last-event-id"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_tasks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskView"][];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    run_task: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                task: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StartForm"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskStarted"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_views: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SavedView"][];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    save_view: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ViewForm"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SavedView"];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_view: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ViewChoice"];
            };
        };
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_workers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkerView"][];
                };
            };
            /** @description Refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A service is away */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
