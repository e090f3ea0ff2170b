const words = (text: string): string[] => text.trim().split(/\s+/);

/** What Docker shows of memory.stat on version 1; kernels have more. */
export const memoryKeysV1 = words(`
  active_anon active_file cache dirty hierarchical_memory_limit hierarchical_memsw_limit inactive_anon inactive_file
  mapped_file pgfault pgmajfault pgpgin pgpgout rss rss_huge total_active_anon total_active_file total_cache total_dirty
  total_inactive_anon total_inactive_file total_mapped_file total_pgfault total_pgmajfault total_pgpgin total_pgpgout
  total_rss total_rss_huge total_unevictable total_writeback unevictable writeback
`);

/** The same on version 2, where memory.stat has other lines. */
export const memoryKeysV2 = words(`
  active_anon active_file anon anon_thp file file_dirty file_mapped file_writeback inactive_anon inactive_file kernel_stack
  pgactivate pgdeactivate pgfault pglazyfree pglazyfreed pgmajfault pgrefill pgscan pgsteal shmem slab slab_reclaimable
  slab_unreclaimable sock thp_collapse_alloc thp_fault_alloc unevictable workingset_activate workingset_nodereclaim
  workingset_refault
`);
