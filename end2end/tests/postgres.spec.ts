// Force-logout with PostgreSQL.

import { test } from "./fixtures.ts";
import { forceLogoutTests } from "./force-logout.ts";

test.use({ database: "postgres" });

forceLogoutTests();
