using System.Net.Sockets;
using System.Text.Json;
using Osl.Operations;

namespace Osl.Hosting.Managing;

/// <summary>Asks a manager that runs.</summary>
internal static class ControlClient
{
    private const int Longest = 16 << 20;

    /// <summary>Every manager of this account that answers: those that were killed have left a socket that nobody listens at.</summary>
    internal static IReadOnlyList<ManagerPlace> Running() =>
        [
            .. ManagerPlace
                .All()
                .Where(place =>
                {
                    using var socket = TryConnect(place);
                    return socket is not null;
                }),
        ];

    /// <summary>Sends a request and waits for what came of it.</summary>
    /// <param name="place">The manager's.</param>
    /// <param name="request">What is asked.</param>
    /// <param name="cancellationToken">Ends the wait; what was asked is done all the same.</param>
    internal static async Task<OneOf<IReadOnlyList<ProcessLine>, OperationError>> AskAsync(
        ManagerPlace place,
        ControlRequest request,
        CancellationToken cancellationToken
    )
    {
        using var socket = TryConnect(place);
        if (socket is null)
        {
            return new NotFound("a manager of these templates that runs", "Start one: osl manage DIR.");
        }

        try
        {
            await socket.SendAsync(request.Write(), cancellationToken).ConfigureAwait(false);
            var answer = new MemoryStream();
            var buffer = new byte[4096];
            int count;
            while (answer.Length < Longest && (count = await socket.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                await answer.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
            }

            return Read(answer.ToArray());
        }
        catch (Exception e) when (e is SocketException or JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return new OperationFailed("manager_silent", "The manager has ended, or gave no answer that is one.", "See 'osl status'.")
            {
                Effect = OperationEffect.Unknown,
            };
        }
    }

    private static OneOf<IReadOnlyList<ProcessLine>, OperationError> Read(byte[] answer)
    {
        using var document = JsonDocument.Parse(answer);
        var root = document.RootElement;
        return root.TryGetProperty("processes", out var processes)
            ? processes.EnumerateArray().Select(ProcessLine.Read).ToArray()
            : new OperationFailed(
                root.GetProperty("code").GetString()!,
                root.GetProperty("message").GetString()!,
                root.GetProperty("remedy").GetString()!
            );
    }

    private static Socket? TryConnect(ManagerPlace place)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(place.Socket));
            return socket;
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            socket.Dispose();
            return null;
        }
    }
}
