/* app/commands.h - the subcommands. argv[0] is the command's own name; each returns an exit code
 * (app/exit_code.h) and prints its errors on standard error. Main thread only. */
#pragma once

int cmd_run(int argc, char **argv);
int cmd_sensor(int argc, char **argv);
int cmd_hub(int argc, char **argv);
int cmd_record(int argc, char **argv);
int cmd_stats(int argc, char **argv);
int cmd_reload(int argc, char **argv);
int cmd_query(int argc, char **argv);
int cmd_fields(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_dump(int argc, char **argv);
