import type { TextStack } from "../../support/profileText";

const SITE = "/opt/shop/venv/lib/python3.12/site-packages";
const STDLIB = "/usr/lib/python3.12";
const APP = "/srv/shop";

const MAIN = ["gunicorn [4711]", "MainThread [4711]"];
const SERVE = [
  `<module>[/opt/shop/venv/bin/gunicorn:8]`,
  `run[${SITE}/gunicorn/app/wsgiapp.py:66]`,
  `WSGIApplication.run[${SITE}/gunicorn/app/base.py:235]`,
  `Arbiter.run[${SITE}/gunicorn/arbiter.py:202]`,
  `Arbiter.spawn_worker[${SITE}/gunicorn/arbiter.py:608]`,
  `Worker.init_process[${SITE}/gunicorn/workers/base.py:142]`,
  `ThreadWorker.run[${SITE}/gunicorn/workers/gthread.py:214]`,
];
const WORKER = (n: number) => [`gunicorn [4711]`, `ThreadPoolExecutor-0_${n} [${4720 + n}]`];
const REQUEST = [
  `Thread._bootstrap[${STDLIB}/threading.py:1030]`,
  `Thread._bootstrap_inner[${STDLIB}/threading.py:1073]`,
  `Thread.run[${STDLIB}/threading.py:1010]`,
  `_worker[${STDLIB}/concurrent/futures/thread.py:92]`,
  `_WorkItem.run[${STDLIB}/concurrent/futures/thread.py:58]`,
  `ThreadWorker.handle_request[${SITE}/gunicorn/workers/gthread.py:334]`,
  `Flask.__call__[${SITE}/flask/app.py:1498]`,
  `Flask.wsgi_app[${SITE}/flask/app.py:1476]`,
  `Flask.full_dispatch_request[${SITE}/flask/app.py:917]`,
  `Flask.dispatch_request[${SITE}/flask/app.py:902]`,
];
const CHECKOUT = `checkout[${APP}/views.py:88]`;
const SEARCH = `search_products[${APP}/views.py:41]`;

interface Leaf {
  readonly samples: number;
  readonly path: readonly string[];
}

const LEAVES: readonly Leaf[] = [
  {
    samples: 310,
    path: [CHECKOUT, `Cart.total[${APP}/pricing.py:57]`, `apply_discounts[${APP}/pricing.py:112]`],
  },
  {
    samples: 120,
    path: [CHECKOUT, `Cart.total[${APP}/pricing.py:57]`, `apply_discounts[${APP}/pricing.py:114]`],
  },
  {
    samples: 64,
    path: [
      CHECKOUT,
      `Cart.total[${APP}/pricing.py:59]`,
      `apply_discounts[${APP}/pricing.py:114]`,
      `Decimal.quantize[${STDLIB}/_pydecimal.py:2530]`,
    ],
  },
  {
    samples: 90,
    path: [
      CHECKOUT,
      `sign_receipt[${APP}/receipts.py:23]`,
      `EVP_DigestSignUpdate[n:/usr/lib/x86_64-linux-gnu/libcrypto.so.3]`,
      `sha256_block_data_order_avx2[n:/usr/lib/x86_64-linux-gnu/libcrypto.so.3]`,
    ],
  },
  {
    samples: 36,
    path: [
      CHECKOUT,
      `sign_receipt[${APP}/receipts.py:31]`,
      `dumps[${STDLIB}/json/__init__.py:231]`,
      `JSONEncoder.encode[${STDLIB}/json/encoder.py:200]`,
      `JSONEncoder.iterencode[${STDLIB}/json/encoder.py:258]`,
    ],
  },
  {
    samples: 140,
    path: [
      SEARCH,
      `rank[${APP}/search.py:73]`,
      `score[${APP}/search.py:91]`,
      `tokenize[${APP}/search.py:28]`,
    ],
  },
  {
    samples: 75,
    path: [SEARCH, `rank[${APP}/search.py:73]`, `score[${APP}/search.py:94]`],
  },
  {
    samples: 38,
    path: [
      SEARCH,
      `Query.all[${SITE}/sqlalchemy/orm/query.py:2673]`,
      `Query._iter[${SITE}/sqlalchemy/orm/query.py:2827]`,
      `Session.execute[${SITE}/sqlalchemy/orm/session.py:2365]`,
      `Session._execute_internal[${SITE}/sqlalchemy/orm/session.py:2251]`,
      `Connection.execute[${SITE}/sqlalchemy/engine/base.py:1415]`,
      `DefaultDialect.do_execute[${SITE}/sqlalchemy/engine/default.py:941]`,
      `PQexec[n:/usr/lib/x86_64-linux-gnu/libpq.so.5]`,
      `entry_SYSCALL_64_after_hwframe[k]`,
      `do_syscall_64[k]`,
      `__sys_sendto[k]`,
      `tcp_sendmsg_locked[k]`,
    ],
  },
  {
    samples: 22,
    path: [
      SEARCH,
      `Query.all[${SITE}/sqlalchemy/orm/query.py:2673]`,
      `Query._iter[${SITE}/sqlalchemy/orm/query.py:2827]`,
      `load_entities_from_cursor_result_rows[${SITE}/sqlalchemy/orm/loading.py:219]`,
      `_instance_processor.<locals>._instance[${SITE}/sqlalchemy/orm/loading.py:1152]`,
    ],
  },
  {
    samples: 44,
    path: [
      `thumbnail[${APP}/media.py:17]`,
      `Image.open[${SITE}/PIL/Image.py:3480]`,
      `asm_exc_page_fault[k]`,
      `exc_page_fault[k]`,
      `handle_mm_fault[k]`,
      `clear_page_erms[k]`,
    ],
  },
  { samples: 31, path: [`render_template[${SITE}/flask/templating.py:149]`] },
  {
    samples: 18,
    path: [
      `render_template[${SITE}/flask/templating.py:150]`,
      `Template.render[${SITE}/jinja2/environment.py:1293]`,
      `root[/srv/shop/templates/cart.html:44]`,
    ],
  },
  { samples: 6, path: [`unwinding stopped: memory was paged out[e]`] },
];

/** A web shop under load: threads, deep frameworks, native and kernel leaves, many small frames. */
export function shopStacks(weight = 1): TextStack[] {
  const stacks: TextStack[] = [];
  for (let n = 0; n < 3; n++) {
    for (const { samples, path } of LEAVES) {
      const cells = [...threadCells(WORKER(n)), ...REQUEST, ...path];
      stacks.push({ cells, samples: weight * Math.max(1, Math.round(samples / (n + 1))) });
    }
  }
  stacks.push({ cells: [...threadCells(MAIN), ...SERVE], samples: 40 * weight });
  for (let i = 0; i < 60; i++) {
    const cells = [...threadCells(MAIN), ...SERVE, `handler_${i}[${APP}/handlers.py:${100 + i}]`];
    stacks.push({ cells, samples: 1 + (i % 3) });
  }
  return stacks;
}

function threadCells([process, thread]: readonly string[]): string[] {
  return [process, thread].map((name, i) =>
    (name ?? "").replace(/ \[(\d+)\]$/, i === 0 ? "[p:$1]" : "[t:$1]"),
  );
}
