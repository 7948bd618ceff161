// Force-logout with the database that needs no set-up, SQLite.

import { forceLogoutTests } from "./force-logout.ts";

forceLogoutTests();
