// DBOS Transact: a workflow of three steps, started and awaited in this process.
import { DBOS } from "@dbos-inc/dbos-sdk";
import { STEPS, load, makeTables, write } from "./clients.mjs";

const saga = DBOS.registerWorkflow(
  async (id) => {
    for (const step of STEPS) await DBOS.runStep(() => write(step, id).then(() => null), { name: step });
  },
  { name: "saga" },
);

DBOS.setConfig({ name: "peer", systemDatabaseUrl: process.env.PEER_SYSTEM_DATABASE, logLevel: "error", runAdminServer: false });
await makeTables();
await DBOS.launch();
await load(async (id) => (await DBOS.startWorkflow(saga, { workflowID: id })(id)).getResult());
await DBOS.shutdown();
process.exit(0);
