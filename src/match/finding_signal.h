/* match/finding_signal.h - what a finding about a record of an audit log or cloud trail says of it:
 * who did what to which object. One thread. */
#pragma once

struct event;
struct json_writer;

/* Write the members `actor` and `action`, and where the record names them `namespace` and `pod`, as
 * those of a finding about a process are. What is not known is left out. */
void finding_signal_write(struct json_writer *w, const struct event *event);
