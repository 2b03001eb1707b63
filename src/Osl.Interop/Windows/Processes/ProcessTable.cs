using System.Runtime.InteropServices;

namespace Osl.Interop.Windows;

/// <summary>One line of the system's process table.</summary>
/// <param name="Pid">The process id.</param>
/// <param name="ParentPid">Who made it; may be another process by now.</param>
/// <param name="Session">The terminal session.</param>
/// <param name="CreationTime">In 100 ns since 1601.</param>
/// <param name="Name">The program's file name.</param>
/// <param name="Threads">How many threads it has; 0 when it has ended and somebody holds it.</param>
/// <param name="IsSuspended">Whether every thread of it is suspended.</param>
internal sealed record ProcessRow(int Pid, int ParentPid, int Session, long CreationTime, string Name, int Threads, bool IsSuspended);

/// <summary>The process table (NtQuerySystemInformation, SystemProcessInformation), on 64 bits.</summary>
internal static unsafe class ProcessTable
{
    private const int FirstSize = 512 * 1024;
    private const int HeaderSize = 0x100;
    private const int ThreadSize = 0x50;

    // KTHREAD_STATE Waiting, KWAIT_REASON Suspended.
    private const uint Waiting = 5;
    private const uint Suspended = 5;

    /// <summary>Every process; empty when the system does not tell.</summary>
    internal static Dictionary<int, ProcessRow> Read()
    {
        for (uint size = FirstSize; ; )
        {
            var table = (byte*)NativeMemory.Alloc(size);
            try
            {
                var status = Ntdll.NtQuerySystemInformation(Ntdll.SystemProcessInformation, table, size, out var needed);
                if (status == Ntdll.STATUS_INFO_LENGTH_MISMATCH)
                {
                    // It grows between two looks.
                    size = Math.Max(size, needed) * 2;
                    continue;
                }

                return status < 0 ? [] : Parse(table);
            }
            finally
            {
                NativeMemory.Free(table);
            }
        }
    }

    private static Dictionary<int, ProcessRow> Parse(byte* entry)
    {
        var rows = new Dictionary<int, ProcessRow>();
        while (true)
        {
            var nameLength = *(ushort*)(entry + 0x38) / sizeof(char);
            var name = *(char**)(entry + 0x40);
            var pid = (int)*(nuint*)(entry + 0x50);
            var threads = *(int*)(entry + 4);
            rows[pid] = new ProcessRow(
                pid,
                (int)*(nuint*)(entry + 0x58),
                *(int*)(entry + 0x64),
                *(long*)(entry + 0x20),
                name is null ? "" : new string(name, 0, nameLength),
                threads,
                AreSuspended(entry + HeaderSize, threads)
            );
            var next = *(uint*)entry;
            if (next == 0)
            {
                return rows;
            }

            entry += next;
        }
    }

    private static bool AreSuspended(byte* thread, int count)
    {
        for (var i = 0; i < count; i++, thread += ThreadSize)
        {
            if (*(uint*)(thread + 0x44) != Waiting || *(uint*)(thread + 0x48) != Suspended)
            {
                return false;
            }
        }

        return count > 0;
    }
}
