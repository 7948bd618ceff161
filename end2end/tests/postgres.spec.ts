// Force-logout, and what the person sees of it, with PostgreSQL.

import { test } from "./fixtures.ts";
import { forceLogoutTests } from "./force-logout.ts";
import { liveTests } from "./live.ts";

test.use({ database: "postgres" });

forceLogoutTests();
liveTests();
