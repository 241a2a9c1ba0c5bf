#include "enrich/processes.h"
#include "tests/unit/test.h"

#define TICK PROCESS_TICK_NS

static void count_release(struct process_entry *entry, void *context)
{
    (*(uint64_t *)context)++;
}

struct world {
    struct processes table;
    uint64_t released;
};

static void world_init(struct world *w, uint64_t limit)
{
    w->released = 0;
    processes_init(&w->table, limit, count_release, &w->released);
}

static struct process_entry *spawn(struct world *w, uint32_t pid, uint64_t start_ns,
                                   struct process_entry *parent)
{
    struct process_entry *entry = processes_add(&w->table, pid, start_ns, false, start_ns);

    CHECK(entry != NULL);
    if (parent != NULL) {
        entry->view.ppid = parent->view.pid;
        CHECK(processes_tie(entry, TIE_PARENT, parent));
    }
    return entry;
}

static void end(struct world *w, struct process_entry *entry, uint64_t end_ns)
{
    processes_end(&w->table, entry, end_ns);
    processes_settle(&w->table);
}

static void identity(void **state)
{
    struct world w;

    world_init(&w, 100);
    struct process_entry *a = spawn(&w, 7, 1000, NULL);
    test_row("by start");
    CHECK(processes_find(&w.table, 7, 1000, false) == a);
    CHECK(processes_find(&w.table, 7, 0, false) == a);
    CHECK(processes_find(&w.table, 7, 1001, false) == NULL);
    CHECK(processes_find(&w.table, 8, 0, false) == NULL);

    test_row("reused: the old one has ended, and is found by its start while it is kept");
    struct process_entry *child = spawn(&w, 9, 1500, a);
    struct process_entry *b = spawn(&w, 7, 2000, NULL);
    CHECK_INT(a->state, PROCESS_ENDING);
    CHECK_INT(a->view.end_ns, 2000);
    processes_settle(&w.table);
    CHECK(processes_find(&w.table, 7, 0, false) == b);
    CHECK(processes_find(&w.table, 7, 1000, false) == a);
    CHECK(child->view.parent == &a->view);

    test_row("older than who has the pid");
    CHECK(processes_add(&w.table, 7, 1999, false, 3000) == NULL);

    test_row("the old one goes with its child");
    end(&w, child, 3000);
    CHECK(processes_find(&w.table, 7, 1000, false) == NULL);
    CHECK(processes_find(&w.table, 7, 2000, false) == b);
    CHECK_INT(w.table.count, 1);
    processes_done(&w.table);
    CHECK_INT(w.released, 3);
}

static void ticks(void **state)
{
    struct world w;

    world_init(&w, 100);
    struct process_entry *a = processes_add(&w.table, 7, 5 * TICK, true, 0);
    test_row("an exact start within the tick is the same");
    CHECK(processes_find(&w.table, 7, 5 * TICK + 123, false) == a);
    CHECK(processes_find(&w.table, 7, 6 * TICK, false) == NULL);
    CHECK(processes_find(&w.table, 7, 5 * TICK - 1, false) == NULL);
    test_row("and the other way round");
    struct process_entry *b = processes_add(&w.table, 8, 5 * TICK + 77, false, 0);
    CHECK(processes_find(&w.table, 8, 5 * TICK, true) == b);
    CHECK(processes_find(&w.table, 8, 5 * TICK, false) == NULL);
    CHECK(processes_find(&w.table, 8, 4 * TICK, true) == NULL);
    processes_done(&w.table);
}

static void ancestry(void **state)
{
    struct world w;

    world_init(&w, 100);
    struct process_entry *top = spawn(&w, 1, 1, NULL);
    struct process_entry *shell = spawn(&w, 10, 10, top);
    struct process_entry *middle = spawn(&w, 20, 20, shell);
    struct process_entry *daemon = spawn(&w, 30, 30, middle);

    test_row("double fork: the middle one is remembered");
    end(&w, middle, 40);
    CHECK(daemon->view.parent == &middle->view);
    CHECK_INT(daemon->view.ppid, 20);
    CHECK_INT(middle->view.end_ns, 40);
    CHECK_INT(w.table.count, 4);

    test_row("readable until settled");
    struct process_entry *leaf = spawn(&w, 40, 41, top);
    processes_end(&w.table, leaf, 50);
    CHECK(processes_find(&w.table, 40, 41, false) == leaf);
    processes_settle(&w.table);
    CHECK(processes_find(&w.table, 40, 41, false) == NULL);

    test_row("parent before child, then everything at once");
    end(&w, shell, 60);
    CHECK(daemon->view.parent->parent == &shell->view);
    end(&w, daemon, 70);
    CHECK_INT(w.table.count, 1);
    CHECK(top->first[TIE_PARENT] == NULL);

    test_row("ended twice");
    end(&w, top, 80);
    CHECK_INT(w.table.count, 0);
    processes_done(&w.table);
    CHECK_INT(w.released, 5);
}

static void no_cycles(void **state)
{
    struct world w;

    world_init(&w, 100);
    struct process_entry *a = spawn(&w, 1, 100, NULL);
    struct process_entry *b = spawn(&w, 2, 100, a);
    struct process_entry *c = spawn(&w, 3, 100, b);
    test_row("itself");
    CHECK(!processes_tie(a, TIE_PARENT, a));
    test_row("its child, its grandchild");
    CHECK(!processes_tie(a, TIE_PARENT, b));
    CHECK(!processes_tie(a, TIE_PARENT, c));
    CHECK(a->view.parent == NULL);
    test_row("younger");
    struct process_entry *young = spawn(&w, 4, 101, NULL);
    CHECK(!processes_tie(c, TIE_PARENT, young));
    CHECK(c->view.parent == &b->view);
    test_row("another, older one");
    CHECK(processes_tie(c, TIE_PARENT, a));
    CHECK(c->view.parent == &a->view);
    test_row("nobody");
    CHECK(processes_tie(c, TIE_PARENT, NULL));
    CHECK(c->view.parent == NULL);
    processes_done(&w.table);
}

static void leaders(void **state)
{
    struct world w;

    world_init(&w, 100);
    struct process_entry *leader = spawn(&w, 1, 1, NULL);
    struct process_entry *a = spawn(&w, 2, 2, NULL);
    struct process_entry *b = spawn(&w, 3, 3, NULL);
    CHECK(processes_tie(leader, TIE_SESSION, leader));
    CHECK(processes_tie(a, TIE_SESSION, leader));
    CHECK(processes_tie(b, TIE_SESSION, leader));
    test_row("two may lead each other's group");
    CHECK(processes_tie(a, TIE_GROUP, b));
    CHECK(processes_tie(b, TIE_GROUP, a));
    CHECK(a->view.session_leader == &leader->view && a->view.group_leader == &b->view);
    test_row("not known any more once it is gone");
    end(&w, leader, 10);
    CHECK(a->view.session_leader == NULL && b->view.session_leader == NULL);
    end(&w, b, 11);
    CHECK(a->view.group_leader == NULL);
    processes_done(&w.table);
    CHECK_INT(w.released, 3);
}

static void limits(void **state)
{
    struct world w;

    world_init(&w, 8);
    test_row("an ended parent goes first, its child loses it");
    struct process_entry *parent = spawn(&w, 1, 1, NULL);
    struct process_entry *child = spawn(&w, 2, 2, parent);
    end(&w, parent, 3);
    for (uint32_t pid = 3; pid <= 8; pid++)
        (void)spawn(&w, pid, pid, NULL);
    processes_unpin(&w.table);
    CHECK_INT(w.table.count, 8);
    CHECK(child->view.parent == &parent->view);
    (void)spawn(&w, 9, 9, NULL);
    CHECK_INT(w.table.count, 8);
    CHECK_INT(w.table.forgotten, 1);
    CHECK(child->view.parent == NULL);
    CHECK_INT(child->view.ppid, 1);

    test_row("then live ones without children");
    struct process_entry *family = processes_find(&w.table, 9, 9, false);
    CHECK(processes_tie(child, TIE_PARENT, NULL));
    processes_unpin(&w.table);
    for (uint32_t pid = 20; pid < 60; pid++) {
        struct process_entry *entry = spawn(&w, pid, pid, family);
        CHECK(processes_find(&w.table, pid, pid, false) == entry);
        processes_unpin(&w.table);
        CHECK_INT(w.table.count, 8);
    }
    CHECK(processes_find(&w.table, 9, 9, false) == family);
    CHECK_INT(w.table.forgotten, 41);

    test_row("pinned ones stay");
    struct process_entry *pinned[8];
    for (uint32_t i = 0; i < 8; i++)
        pinned[i] = spawn(&w, 100 + i, 100, NULL);
    for (uint32_t i = 0; i < 8; i++)
        CHECK(processes_find(&w.table, 100 + i, 100, false) == pinned[i]);
    processes_done(&w.table);
    CHECK_INT(w.table.count, 0);
}

/* A chain of processes that each fork once and end. */
static void hopping(void **state)
{
    struct world w;

    world_init(&w, TICK);
    struct process_entry *at = spawn(&w, 1, 1, NULL);
    for (uint32_t i = 2; i < 5000; i++) {
        struct process_entry *next = spawn(&w, i, i, at);
        end(&w, at, i);
        at = next;
        CHECK(w.table.count <= PROCESS_ANCESTORS_MAX + 2);
    }
    uint32_t levels = 0;
    for (const struct process *p = at->view.parent; p != NULL; p = p->parent)
        levels++;
    CHECK(levels >= PROCESS_ANCESTORS_MAX - 1);
    CHECK_INT(w.table.forgotten, 0);
    end(&w, at, 9999);
    CHECK_INT(w.table.count, 0);
    processes_done(&w.table);
}

static void names(void **state)
{
    struct world w;

    world_init(&w, 4);
    struct process_entry *a = spawn(&w, 1, 1, NULL);
    processes_name(a, sv("kworker/u8:2-events_unbound"));
    CHECK_SV(a->view.name, sv("kworker/u8:2-eve"));
    processes_name(a, sv(""));
    CHECK_INT(a->view.name.len, 0);
    processes_done(&w.table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identity),  cmocka_unit_test(ticks),   cmocka_unit_test(ancestry),
        cmocka_unit_test(no_cycles), cmocka_unit_test(leaders), cmocka_unit_test(limits),
        cmocka_unit_test(hopping),   cmocka_unit_test(names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
