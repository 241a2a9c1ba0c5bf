/* bpf/lib/open.h - an open record from the file that was opened. */
#pragma once

#include "bpf/lib/file.h"

/* What kind of file it is: all that the filter asks. */
static __always_inline void open_kind(struct wire_open *open, const struct file *file)
{
    open->file_mode = BPF_CORE_READ(file, f_inode, i_mode);
}

static __always_inline void open_file(struct wire_open *open, const struct file *file)
{
    const struct inode *inode = BPF_CORE_READ(file, f_inode);

    open->ino = BPF_CORE_READ(inode, i_ino);
    open->dev = BPF_CORE_READ(inode, i_sb, s_dev);
    open->file_mode = BPF_CORE_READ(inode, i_mode);
    open->file_flags = BPF_CORE_READ(file, f_flags);
    if (BPF_CORE_READ(file, f_mode) & FMODE_CREATED)
        open->hdr.flags |= WIRE_FILE_CREATED;
    open->hdr.flags |= file_layer(inode, WIRE_FILE_UPPER, WIRE_FILE_LOWER);
}
