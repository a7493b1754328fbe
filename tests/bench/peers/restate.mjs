// Restate: a service with one handler of three steps in this process, called over HTTP through the server.
import http from "node:http";
import * as restate from "@restatedev/restate-sdk";
import { STEPS, load, makeTables, write } from "./clients.mjs";

// The SDK expects this of Node 22.
Promise.withResolvers ??= function () {
  const found = {};
  found.promise = new this((resolve, reject) => Object.assign(found, { resolve, reject }));
  return found;
};

const saga = restate.service({
  name: "saga",
  handlers: {
    run: async (context, id) => {
      for (const step of STEPS) await context.run(step, () => write(step, id).then(() => null));
    },
  },
});

const agent = new http.Agent({ keepAlive: true, maxSockets: 1000 });

function post(port, path, body) {
  const headers = { "content-type": "application/json" };
  return new Promise((resolve, reject) => {
    const request = http.request({ host: "127.0.0.1", port, path, method: "POST", agent, headers }, (answer) => {
      answer.resume();
      answer.on("end", () => (answer.statusCode < 300 ? resolve() : reject(new Error(`${path}: ${answer.statusCode}`))));
    });
    request.on("error", reject);
    request.end(JSON.stringify(body));
  });
}

await makeTables();
const port = Number(process.env.PEER_SERVICE_PORT);
await restate.endpoint().bind(saga).listen(port);
await post(process.env.PEER_ADMIN_PORT, "/deployments", { uri: `http://127.0.0.1:${port}` });
await load((id) => post(process.env.PEER_INGRESS_PORT, "/saga/run", id));
process.exit(0);
